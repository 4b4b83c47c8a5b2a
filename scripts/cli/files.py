"""Files that a verb writes: whole, or not at all."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text to a file that appears only when whole, whatever ends the program; raises InputError."""
    from infra.costs.errors import InputError

    if path.exists() and not path.is_file():
        # A pipe or a device, such as /dev/stdout: there is nothing to put in its place.
        _write(path, text)
        return
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        made = Path(name)
        try:
            _write(made, text)
            made.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            made.replace(path)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(str(path), reason, "give a file in a folder that can be written") from None


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
