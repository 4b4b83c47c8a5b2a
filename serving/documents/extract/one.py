"""One piece of content to its documents and failures; whatever goes wrong ends here, in a reason."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from serving.documents.extract import pictures, recognise, tidy
from serving.documents.extract.registry import Content, Context, Reader, containers, readers, too_long
from serving.documents.types import Document, DocumentError, Extracted, Failure, Page, Why

_HEAD: Final = 1024
_LONGEST_SENTENCE: Final = 300


def documents(content: Content, context: Context) -> Iterator[Extracted]:
    """At least one document or failure; never raises for what is wrong with the content."""
    try:
        kind = recognise.kind(content, _head(content, context), context.limits)
        if kind not in context.plan.document_types:
            raise DocumentError(Why.OTHER_TYPE, f"Its content is of the type {kind}, which was not asked for.")
        content = replace(content, kind=kind)
        if kind in containers:
            yield from containers[kind](content, context)
        else:
            yield document(content, _reader(kind, context)(content, context), context)
    except Exception as error:
        yield failure(content, error)


def _reader(kind: str, context: Context) -> Reader:
    """What turns a kind into pages: into pictures of them where the workflow's step looks at pages."""
    step = context.plan.step(kind)
    return pictures.pages if step is not None and step.read == "page" else readers[kind]


def document(content: Content, pages: list[Page], context: Context) -> Document:
    """The pages as a document, within the limits; raises DocumentError."""
    pages = [replace(page, text=tidy.text(page.text)) for page in pages]
    characters, limits = sum(len(page.text) for page in pages), context.limits
    if characters > limits.characters:
        raise too_long(limits)
    if len(pages) > limits.pages:
        raise DocumentError(Why.LIMIT, f"It has more than {limits.pages} pages (the limit pages).")
    if not characters and all(page.method == "native" for page in pages):
        raise DocumentError(Why.NO_TEXT, "There is no text in it.")
    return Document(
        id=content.id, kind=content.kind, pages=pages, size_bytes=content.size_bytes, notes=tuple(context.notes)
    )


def failure(content: Content, error: Exception) -> Failure:
    """The reason of an error in one sentence."""
    try:
        size = content.size_bytes
    except OSError:
        size = 0
    why, sentence = _reason(error)
    return Failure(id=content.id, kind=content.kind, size_bytes=size, why=why, sentence=_sentence(sentence))


def _reason(error: Exception) -> tuple[Why, str]:
    if isinstance(error, DocumentError):
        return error.why, error.sentence
    if isinstance(error, MemoryError):
        return Why.LIMIT, "It needs more memory than there is."
    if isinstance(error, RecursionError):
        return Why.LIMIT, "It is nested too deeply."
    if isinstance(error, PermissionError | FileNotFoundError):
        return Why.UNREADABLE, f"The file cannot be read: {error.strerror or error}."
    if isinstance(error, EOFError):
        return Why.BROKEN, "It ends too early."
    if isinstance(error, zipfile.BadZipFile):
        return Why.BROKEN, f"The zip archive is damaged: {error}."
    return Why.BROKEN, f"It cannot be read: {str(error) or type(error).__name__}."


def _sentence(text: str) -> str:
    """One line, printable and of a bearable length: messages of libraries quote what they read."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace("..", ".")
    return line if len(line) <= _LONGEST_SENTENCE else f"{line[:_LONGEST_SENTENCE]}..."


def _head(content: Content, context: Context) -> bytes:
    """The first bytes of a regular, not empty, not too large file; raises DocumentError, OSError."""
    if content.path is not None and not stat.S_ISREG(content.path.stat().st_mode):
        raise DocumentError(Why.UNREADABLE, "It is not a regular file.")  # a pipe would wait forever
    if not content.size_bytes:
        raise DocumentError(Why.EMPTY, "The file is empty.")
    if content.size_bytes > context.limits.file_bytes:
        raise DocumentError(Why.LIMIT, f"It is larger than {context.limits.file_bytes} bytes (the limit file_bytes).")
    with content.open() as file:
        return file.read(_HEAD)
