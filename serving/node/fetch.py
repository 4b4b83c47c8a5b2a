"""The archive on this machine, proven by its SHA-256: a path as it is, an object of S3 copied once."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from serving.digest import beside, noted, sha256_of
from serving.errors import InputError, IntegrityError, ServingError
from serving.node.cloud import call, client

CHUNK_BYTES = 1 << 20


def archive(source: str, sha256: str, folder: Path, region: str = "") -> Path:
    """The archive's path, verified. `folder` is where one from S3 is kept, and found again at the next start.

    Raises InputError (not there, no digest), IntegrityError (another content) and ServingError (disk, network).
    """
    if not source.startswith("s3://"):
        path = Path(source)
        if not path.is_file():
            raise InputError(source, "there is no such archive", "build it: breakeven archive <model>")
        verify(path, sha256 or _beside(path))
        return path
    at = urlsplit(source)
    name = Path(at.path).name
    if not at.netloc or not name:
        raise InputError(source, "not an object of S3", "write s3://<bucket>/<key>")
    if not sha256:
        raise InputError(source, "no SHA-256 is given", "set BREAKEVEN_ARCHIVE_SHA256")
    target = folder / f"{sha256[:12]}-{name}"
    if not (target.is_file() and sha256_of(target) == sha256):
        _download(at.netloc, at.path.lstrip("/"), target, sha256, region)
    return target


def verify(path: Path, sha256: str) -> None:
    """Raises IntegrityError unless the file has this SHA-256."""
    _match(str(path), path, sha256, "fetch or build it again")


def _match(thing: str, path: Path, sha256: str, action: str) -> None:
    found = sha256_of(path)
    if found != sha256:
        raise IntegrityError(thing, f"its SHA-256 is {found[:12]}..., not {sha256[:12]}...", action)


def _beside(path: Path) -> str:
    found = noted(path)
    if found is None:
        action = f"set BREAKEVEN_ARCHIVE_SHA256 or put {beside(path).name} beside it"
        raise InputError(str(path), "no SHA-256 is given", action)
    return found


def _download(bucket: str, key: str, target: Path, sha256: str, region: str) -> None:
    """Into a partial file that takes its name only when it is whole and right; nothing is left otherwise."""
    thing = f"s3://{bucket}/{key}"
    body = call(thing, client("s3", region).get_object, Bucket=bucket, Key=key)["Body"]
    partial = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            for chunk in _chunks(thing, body):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        _match(thing, partial, sha256, "upload the archive again")
        partial.replace(target)
    except OSError as error:
        reason = f"it cannot be stored in {target.parent} ({error.strerror})"
        raise ServingError(thing, reason, "free space there or take a larger root volume") from None
    finally:
        with suppress(OSError):
            partial.unlink()


def _chunks(thing: str, body: Any) -> Iterator[bytes]:
    rows = body.iter_chunks(CHUNK_BYTES)
    while True:
        chunk = call(thing, lambda: next(rows, b""))
        if not chunk:
            return
        yield chunk
