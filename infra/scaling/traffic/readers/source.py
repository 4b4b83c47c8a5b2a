"""Files as they come: plain or gzip, of a limited size, with every failure to read said in one line."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from infra.costs.errors import InputError

MOST_BYTES: Final = 4 * 2**30
"""What one file may hold, unpacked: a small gzip file can unpack to more than any disk."""
GZIP: Final = b"\x1f\x8b"
HEAD_BYTES: Final = 8_192


class Limited(io.RawIOBase):
    """Reads on from another stream until the limit, and refuses what comes after it."""

    def __init__(self, stream: BinaryIO, path: Path, limit: int) -> None:
        super().__init__()
        self._stream, self._path, self._limit, self._read = stream, path, limit, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """The next bytes; raises InputError beyond the limit."""
        data = self._stream.read(len(buffer))
        self._read += len(data)
        if self._read > self._limit:
            reason = f"holds more than the limit of {_size(self._limit)} (unpacked)"
            raise InputError(str(self._path), reason, "give a shorter time or longer steps")
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def opened(path: Path, limit: int = MOST_BYTES) -> Iterator["io.BufferedReader[Limited]"]:
    """The bytes of a file, unpacked where it is gzip. Raises InputError for whatever cannot be read."""
    with saying_why(path), path.open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if packed else raw
        with io.BufferedReader(Limited(stream, path, limit), 2**16) as buffered:  # type: ignore[arg-type]
            yield buffered


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """Turns what goes wrong with a file into one line that names it."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(str(path), "its gzip data is cut off or damaged", "fetch the file again") from None
    except UnicodeDecodeError:
        raise InputError(str(path), "is not text in UTF-8", "save it as UTF-8") from None
    except OSError as error:
        reason = " ".join((error.strerror or str(error)).split())
        raise InputError(str(path), f"cannot be read ({reason})", "name a file that exists and may be read") from None


def head_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked, by which its form is recognised."""
    with opened(path) as stream:
        return stream.read(HEAD_BYTES)


def _size(count: int) -> str:
    return f"{count / 2**30:g} GiB" if count >= 2**30 else f"{count / 2**20:g} MiB"
