"""What kind a document is: by its name where it is found, by its first bytes when it is read."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from serving.documents.types import KINDS, DocumentError, Why
from serving.errors import InputError

EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "pdf": (".pdf",),
    "word": (".docx", ".docm", ".dotx", ".dotm", ".doc", ".dot"),
    "txt": (".txt", ".text"),
    "html": (".html", ".htm", ".xhtml"),
    "markdown": (".md", ".markdown", ".mdown", ".mkd"),
    "email": (".eml", ".msg"),
    "image": (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".jp2"),
    "opendocument": (".odt", ".ott", ".fodt"),
    "rtf": (".rtf",),
    # The last three get a row that says why they are not read, instead of silence.
    "archive": (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"),
}
_KIND_OF: Final = {extension: kind for kind, extensions in EXTENSIONS.items() for extension in extensions}

_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "compound"),
    (0, b"{\\rtf", "rtf"),
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF8", "image"),
    (0, b"II*\x00", "image"),
    (0, b"MM\x00*", "image"),
    (8, b"WEBP", "image"),
    (0, b"\x00\x00\x00\x0cjP  ", "image"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ\x00", "archive"),
    (257, b"ustar", "archive"),
)
_UNREAD: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; pack it as .zip or .tar.gz"),
    (0, b"Rar!\x1a\x07", "a RAR archive; pack it as .zip or .tar.gz"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file; pack it as .gz"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90", "a program"),
    (0, b"%!PS", "PostScript; make it a PDF"),
    (0, b"SQLite format 3", "a database"),
    (4, b"ftypheic", "a HEIC picture; make it a JPEG or PNG"),
    (4, b"ftyp", "a video"),
)
_BINARY: Final = ("pdf", "image", "rtf", "archive", "word", "opendocument")


def of(name: str) -> str | None:
    """The kind that a file's name promises, None when it is no document's."""
    return _KIND_OF.get(extension(name))


def extension(name: str) -> str:
    """What a file's name ends with, in small letters with its dot; empty without one."""
    stem, dot, end = name.rpartition(".")
    return f".{end.lower()}" if dot and stem else ""


def is_debris(name: str) -> bool:
    """Whether a file only looks like a document: Word's lock files and the resource forks of macOS."""
    return name.startswith(("~$", "._")) or "__MACOSX/" in name


def asked(types: Iterable[str]) -> tuple[str, ...]:
    """The document types in the order of KINDS. Raises InputError for a name that is none."""
    names = {name.strip().lower() for name in types}
    for name in sorted(names - set(KINDS)):
        near = _KIND_OF.get(f".{name.lstrip('.')}") or next(iter(get_close_matches(name, KINDS, n=1)), "")
        action = (
            f'did you mean "{near}"? It covers {", ".join(EXTENSIONS[near])}' if near else f"use {', '.join(KINDS)}"
        )
        raise InputError(f'document type "{name}"', "there is no such type", action)
    if not names:
        raise InputError("document types", "none is named", f"use some of {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in names)


def sniff(head: bytes, kind: str) -> str:
    """What the first bytes (1 KiB is enough) say: one of KINDS, or "zip" and "compound" whose content says more.

    `kind` is what the name says; it stays where the bytes say nothing else. Raises DocumentError for what is known
    to have no reader, and for a binary kind whose bytes are not of that kind.
    """
    for offset, magic, what in _UNREAD:
        if head.startswith(magic, offset):
            raise DocumentError(Why.UNSUPPORTED, f"The file is {what}.")
    if b"%PDF-" in head[:1024] and (kind == "pdf" or head.lstrip().startswith(b"%PDF-")):
        return "pdf"  # readers of PDF allow some bytes before it
    found = next((what for offset, magic, what in _MAGIC if head.startswith(magic, offset)), "") or _markup(head)
    if found:
        return found
    if head.startswith(b"BM") and kind == "image":
        return kind  # two letters prove nothing under another name
    if kind in _BINARY and not (kind == "archive" and is_tar(head)):
        raise DocumentError(Why.BROKEN, f"The content is not that of {_A[kind]}.")
    return kind


def _markup(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "html"
    if text.startswith(b"<?xml") and b"<html" in text:
        return "html"
    is_flat = text.startswith(b"<?xml") and (b"office:document" in text or b"opendocument:xmlns:office" in text)
    return "opendocument" if is_flat else ""


def is_tar(head: bytes) -> bool:
    """Whether a block of 512 bytes is a tar header: the checksum proves it, old headers have no magic."""
    try:
        stated = int(head[148:156].strip(b" \x00") or b"x", 8)
    except ValueError:
        return False
    return len(head) >= 512 and sum(head[:148]) + 8 * 32 + sum(head[156:512]) == stated


_A: Final = {
    "pdf": "a PDF",
    "image": "a picture of a known format",
    "rtf": "an RTF document",
    "archive": "an archive of a known format",
    "word": "a Word document",
    "opendocument": "an OpenDocument text",
}
