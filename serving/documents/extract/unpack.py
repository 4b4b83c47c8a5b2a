"""What is unpacked is counted while it is unpacked: no header is believed, and nothing is written to disk."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Protocol

from serving.documents.limits import Limits
from serving.documents.types import DocumentError, Why

_RATIO_COUNTS_ABOVE: Final = 10 * 1000**2
_PIECE: Final = 64 * 1024
DAMAGE: Final = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
# zipfile unpacks all that it has read of bzip2 and LZMA, so that a small piece is what keeps memory bounded there.
_SMALL_PIECE: Final = 4096
_DIRECTORY_BYTES_PER_MEMBER: Final = 1024
_LEAST_DIRECTORY: Final = 1024**2
_MOST_HEADER: Final = 1024**2  # of one member of a tar archive, long names included


@dataclass(kw_only=True)
class Budget:
    """What one source has had unpacked so far, archives in it included; not frozen, it counts."""

    packed_bytes: int = 0  # of the outermost file
    unpacked_bytes: int = 0
    members: int = 0

    def take(self, size: int, limits: Limits) -> None:
        """Count bytes; raises LimitReachedError."""
        self.unpacked_bytes += size
        if self.unpacked_bytes > limits.unpacked_bytes:
            raise LimitReachedError(
                f"Unpacking was stopped at {limits.unpacked_bytes} bytes (the limit unpacked_bytes)."
            )
        if self.unpacked_bytes > max(_RATIO_COUNTS_ABOVE, self.packed_bytes * limits.unpacked_ratio):
            text = f"Unpacking was stopped at {limits.unpacked_ratio} times the packed size (the limit unpacked_ratio)."
            raise LimitReachedError(text)

    def take_member(self, limits: Limits) -> None:
        """Count one member; raises LimitReachedError."""
        self.members += 1
        if self.members > limits.members:
            raise LimitReachedError(f"It holds more than {limits.members} members (the limit members).")


class LimitReachedError(DocumentError):
    """A limit of the whole source, archives in it included: reading it ends here."""

    def __init__(self, sentence: str) -> None:
        super().__init__(Why.LIMIT, sentence)


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


@dataclass(kw_only=True)
class Stream:
    """What a packed stream unpacks to, counted; a file for tarfile, that goes back over its last read at most."""

    source: Readable
    budget: Budget
    limits: Limits
    position: int = 0
    last: bytes = field(default=b"", repr=False)  # what was read last
    header_bytes: int | None = None  # read so far of what is no member's content; None while content is read
    _again: bytes = b""

    def read(self, size: int = -1) -> bytes:
        """Like a file's, of a stated size."""
        if size < 0:
            raise ValueError("a stream is read in pieces")
        if not size:
            return b""
        if self.header_bytes is not None:
            self.header_bytes += size
            if self.header_bytes > _MOST_HEADER:
                raise LimitReachedError(f"The header of a member in it is larger than {_MOST_HEADER} bytes.")
        again, self._again = self._again[:size], self._again[size:]
        self.last = again + self._fresh(size - len(again))
        self.position += len(self.last)
        return self.last

    def _fresh(self, size: int) -> bytes:
        """Decompressors may give less than was asked for."""
        pieces, left = [], size
        while left and (piece := self.source.read(min(left, _PIECE))):
            self.budget.take(len(piece), self.limits)
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def seek(self, position: int) -> int:
        """Forward by reading, back within what was read last."""
        back = self.position - position
        if 0 < back <= len(self.last):
            self._again, self.position = self.last[-back:] + self._again, position
        counted, self.header_bytes = self.header_bytes, None
        while self.position < position and self.read(min(_PIECE, position - self.position)):
            pass
        self.header_bytes = counted
        return self.position

    def tell(self) -> int:
        """The position in what was unpacked."""
        return self.position

    def seekable(self) -> bool:
        """Forward it is."""
        return True


@dataclass(kw_only=True)
class _Guarded:
    """A zip file whose directory is not read when it is larger than the allowed members can need."""

    file: BinaryIO
    most: int
    size: int

    def read(self, size: int = -1) -> bytes:
        left = max(0, self.size - self.file.tell())
        wanted = left if size < 0 else min(size, left)
        if wanted > self.most:
            raise LimitReachedError(
                "Its directory is larger than that of the allowed number of members (the limit members)."
            )
        return self.file.read(wanted)

    def __getattr__(self, name: str) -> Any:  # seek, tell and whatever else zipfile of this Python asks a file
        return getattr(self.file, name)


def open_zip(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """A zip archive with a bounded directory; raises DocumentError for a broken one."""
    size = file.seek(0, io.SEEK_END)
    most = max(_LEAST_DIRECTORY, limits.members * _DIRECTORY_BYTES_PER_MEMBER)
    try:
        return zipfile.ZipFile(_Guarded(file=file, most=most, size=size))
    except (*DAMAGE, NotImplementedError) as error:
        raise DocumentError(Why.BROKEN, f"The zip archive is damaged: {error}.") from None


def unpacked(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo, budget: Budget, limits: Limits) -> Iterator[bytes]:
    """A member of a zip archive piece by piece, counted; raises DocumentError, KeyError for a name it has not."""
    info = archive.getinfo(name) if isinstance(name, str) else name
    if info.flag_bits & 1:
        raise DocumentError(Why.ENCRYPTED, "It is protected by a password.")
    plain = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    try:
        with archive.open(info) as member:
            while piece := member.read(_PIECE if plain else _SMALL_PIECE):
                budget.take(len(piece), limits)
                yield piece
    except NotImplementedError:
        raise DocumentError(Why.UNSUPPORTED, "It is packed by a method that is not read; use deflate.") from None
    except DAMAGE as error:
        raise DocumentError(
            Why.BROKEN, f"What is packed in it is damaged: {str(error) or type(error).__name__}."
        ) from None


def joined(pieces: Iterator[bytes], most: int) -> bytes:
    """All pieces, at most so many bytes; raises DocumentError."""
    kept, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise DocumentError(Why.LIMIT, f"It is larger than {most} bytes (the limit file_bytes).")
        kept.append(piece)
    return b"".join(kept)
