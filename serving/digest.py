"""SHA-256 of files, and the note of it that lies beside one, in the form of `sha256sum`."""

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def beside(path: Path) -> Path:
    """Where the note of a file's digest lies."""
    return path.with_name(f"{path.name}.sha256")


def note(path: Path, sha256: str) -> None:
    """Write the note of a file."""
    beside(path).write_text(f"{sha256}  {path.name}\n", encoding="utf-8")


def noted(path: Path) -> str | None:
    """What the note beside a file says; None where there is none."""
    if not beside(path).is_file():
        return None
    words = beside(path).read_text(encoding="utf-8", errors="replace").split()
    return words[0] if words else ""
