"""Reading model archives, on a node too: what one says of itself, and its content in a folder."""

import json
import shutil
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from serving.errors import IntegrityError, ServingError

CONTENT_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}


# What the library raises for archives that are cut off, damaged, encrypted, or packed in a way it does not know.
DAMAGED: Final = (
    OSError, LookupError, TypeError, ValueError, RuntimeError, EOFError, zlib.error, struct.error, zipfile.BadZipFile
)  # fmt: skip


def content_type(name: str) -> str:
    """How a sample of this name is sent."""
    return CONTENT_TYPES.get(Path(name).suffix.lower(), "application/octet-stream")


def sample(path: Path) -> tuple[str, bytes]:
    """Name and content of the input that every archive carries. Raises IntegrityError as `about` does."""
    try:
        name = str(about(path)["sample"])
        with zipfile.ZipFile(path) as archive:
            return name, archive.read(name)
    except DAMAGED as error:
        raise _broken(path, error) from None


def about(path: Path) -> Mapping[str, Any]:
    """What an archive says of itself (model.json). Raises IntegrityError when it is no archive of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            found: Mapping[str, Any] = json.loads(archive.read("model.json"))
            if not isinstance(found, Mapping):
                raise ValueError("model.json is no object")
            return found
    except DAMAGED as error:
        raise _broken(path, error) from None


def unpack(path: Path, folder: Path) -> Path:
    """Unpack an archive into a folder, replacing it. Raises IntegrityError for names that lead out of it."""
    about(path)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            target = (folder / entry.filename).resolve()
            is_link = entry.external_attr >> 16 & 0o170000 == 0o120000
            if is_link or not target.is_relative_to(folder.resolve()):
                reason = f"entry {entry.filename!r} leads out of the archive"
                raise IntegrityError(str(path), reason, "do not use it; build it again")
        try:
            archive.extractall(folder)
        except OSError as error:
            reason = f"it cannot be unpacked into {folder} ({error.strerror or error})"
            raise ServingError(str(path), reason, "free space there, or build the archive again") from None
        except DAMAGED as error:
            raise _broken(path, error) from None
    return folder


def _broken(path: Path, error: Exception) -> IntegrityError:
    said = (str(error) or type(error).__name__).splitlines()[0]
    return IntegrityError(str(path), f"not a whole model archive ({said})", "build it again: breakeven archive MODEL")
