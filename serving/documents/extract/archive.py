"""Archives: zip, tar and single packed files. Members are unpacked into memory one at a time, never to disk."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from serving.documents import kinds
from serving.documents.extract import members
from serving.documents.extract.members import Member
from serving.documents.extract.registry import Content, Context, container
from serving.documents.extract.unpack import DAMAGE, LimitReachedError, Readable, Stream, joined, open_zip, unpacked
from serving.documents.types import DocumentError, Extracted, Why

_BLOCK: Final = 512
_PIECE: Final = 64 * 1024
_PACKED: Final[tuple[tuple[bytes, Callable[[BinaryIO], Readable]], ...]] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)


@container("archive")
def read(content: Content, context: Context) -> Iterator[Extracted]:
    """The documents in it; raises DocumentError where it holds none, and where a limit or damage ends the reading."""
    some, before = False, context.budget.members
    for item in members.read(content, context, _found(content, context)):
        some = True
        yield item
    if not some:
        others = context.budget.members - before
        holds = f"{others} members, but no document" if others else "no document"
        raise DocumentError(Why.OTHER_TYPE, f"The archive holds {holds} of the asked types.")


def _found(content: Content, context: Context) -> Iterator[Member]:
    try:
        with content.open() as file:
            head = file.read(_BLOCK)
            file.seek(0)
            if head.startswith(b"PK"):
                yield from _zip(file, context)
                return
            packed = next((opener for magic, opener in _PACKED if head.startswith(magic)), None)
            source: Readable = file if packed is None else packed(file)
            yield from _stream(source, content, context, is_packed=packed is not None)
    except (*DAMAGE, tarfile.TarError) as error:
        raise DocumentError(Why.BROKEN, f"The archive is damaged: {str(error) or type(error).__name__}.") from None


def _zip(file: BinaryIO, context: Context) -> Iterator[Member]:
    with open_zip(file, context.limits) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            context.budget.take_member(context.limits)
            if members.wanted(info.filename, context):
                yield info.filename, _zip_member(archive, info, context)


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, context: Context) -> bytes | DocumentError:
    try:
        members.refuse_unsafe(info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _link()
        _refuse_large(info.file_size, context)
        return joined(unpacked(archive, info, context.budget, context.limits), context.limits.file_bytes)
    except LimitReachedError:
        raise
    except DocumentError as error:
        return error


def _stream(source: Readable, content: Content, context: Context, *, is_packed: bool) -> Iterator[Member]:
    """A tar archive, packed or not, or one packed file."""
    stream = Stream(source=source, budget=context.budget, limits=context.limits)
    is_tar = kinds.is_tar(stream.read(_BLOCK))
    stream.seek(0)
    if is_tar:
        yield from _tar(stream, context)
    elif is_packed:
        context.budget.take_member(context.limits)
        name = content.id.rpartition("/")[2].rpartition(".")[0]
        if members.wanted(name, context):
            yield name, joined(iter(lambda: stream.read(_PIECE), b""), context.limits.file_bytes)
    else:
        raise DocumentError(Why.BROKEN, "The archive is damaged: its format is not recognised.")


def _tar(stream: Stream, context: Context) -> Iterator[Member]:
    """Members in their order. tarfile takes a damaged header for the end: what it read last tells them apart."""
    stream.header_bytes = 0
    with tarfile.open(fileobj=stream, mode="r:") as archive:  # type: ignore[call-overload]
        while (member := archive.next()) is not None:
            archive.members = []  # it keeps what it has seen
            if not member.isdir():
                context.budget.take_member(context.limits)
            if not member.isdir() and members.wanted(member.name, context):
                stream.header_bytes = None
                yield member.name, _tar_member(archive, member, context)
            stream.header_bytes = 0
    if stream.last.strip(b"\0"):
        raise DocumentError(Why.BROKEN, "The archive is damaged: members after the last one read may be missing.")


def _tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo, context: Context) -> bytes | DocumentError:
    try:
        members.refuse_unsafe(member.name)
        if member.issym() or member.islnk():
            raise _link()
        if not member.isreg() or member.issparse():
            raise DocumentError(Why.UNSUPPORTED, "It is no regular file in the archive.")
        _refuse_large(member.size, context)
        file = archive.extractfile(member)
        return joined(iter(lambda: file.read(_PIECE) if file else b"", b""), context.limits.file_bytes)
    except LimitReachedError:
        raise
    except DocumentError as error:
        return error


def _link() -> DocumentError:
    return DocumentError(Why.UNSAFE, "It is a link, which is not followed.")


def _refuse_large(stated_bytes: int, context: Context) -> None:
    """Before anything is unpacked; a size that lies is noticed while it is."""
    if stated_bytes > context.limits.file_bytes:
        raise DocumentError(Why.LIMIT, f"It is larger than {context.limits.file_bytes} bytes (the limit file_bytes).")
