"""What the stages of the document pipeline hand to each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

KINDS = ("pdf", "word", "txt", "html", "markdown", "email", "image", "opendocument", "rtf", "archive")


class Why(StrEnum):
    """Why a document has no result; the word that a row carries."""

    EMPTY = "empty"  # no bytes
    NO_TEXT = "no-text"  # read, but nothing is written in it
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    UNSUPPORTED = "unsupported"  # no reader for what it is
    OTHER_TYPE = "other-type"  # its content is not one of the asked types
    MISSING_TOOL = "missing-tool"  # LibreOffice, tesseract
    LIMIT = "limit"  # bombs, pages, bytes, members: a stated limit
    UNSAFE = "unsafe"  # path tricks and links in archives, XML that declares entities
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the process that read it died
    UNREADABLE = "unreadable"  # the file system says no
    PREDICTION = "prediction"  # the model or the endpoint did not answer


class DocumentError(Exception):
    """One document that cannot be read or judged: why, and one sentence."""

    def __init__(self, why: Why, sentence: str) -> None:
        self.why, self.sentence = why, sentence
        super().__init__(sentence)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to read. `id` is unique in a run: its path below the folder, with "/" between the parts."""

    id: str
    path: Path
    kind: str  # one of KINDS, from its name; the content decides in the end
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page, in reading order.

    `method` is "native" (the format holds text), "text-layer", "ocr" or "none" (nothing on it). `turned` is by how many
    degrees clockwise the page was turned before it was read (0, 90, 180, 270); `skew_degrees` what was put right
    besides; `confidence` that of the OCR, 0 to 1. `picture` is the page as JPEG where a step reads pictures of pages.
    """

    number: int
    text: str
    method: str
    turned: int = 0
    skew_degrees: float = 0.0
    confidence: float | None = None
    picture: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Document:
    """The text of one document. A member of an archive or an e-mail's attachment is a document of its own."""

    id: str  # that of the source, or "letters.zip!/2024/a.pdf" for a member
    kind: str
    pages: Sequence[Page]
    size_bytes: int
    notes: Sequence[str] = ()  # what was left out or cut, one sentence each


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A document without text: one row with its reason."""

    id: str
    kind: str
    size_bytes: int
    why: Why
    sentence: str


Extracted = Document | Failure


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the results: `data` is JSON as docs/documents.md describes it, with `id` in it."""

    id: str
    data: dict[str, Any] = field(hash=False)
