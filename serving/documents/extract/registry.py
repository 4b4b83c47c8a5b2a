"""What a reader is, and the table of them; readers register where they are defined."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from serving.documents.extract.tools import Tools
from serving.documents.extract.unpack import Budget
from serving.documents.limits import Limits
from serving.documents.plan import Plan
from serving.documents.types import DocumentError, Extracted, Page, Why


@dataclass(frozen=True, kw_only=True)
class Content:
    """One document's bytes: a file on disk, or a member that was unpacked into memory."""

    id: str
    kind: str
    path: Path | None = None
    held: bytes | None = None

    @cached_property
    def data(self) -> bytes:
        """All bytes; raises DocumentError where the file system refuses."""
        if self.held is not None:
            return self.held
        try:
            with self.open() as file:
                return file.read()
        except OSError as error:
            raise DocumentError(Why.UNREADABLE, f"The file cannot be read: {error.strerror or error}.") from None

    def open(self) -> BinaryIO:
        """The content as a file, for what need not be in memory whole; raises OSError."""
        return self.path.open("rb") if self.path is not None else BytesIO(self.held or b"")

    @property
    def size_bytes(self) -> int:
        """Length of the content."""
        return len(self.held) if self.held is not None else self.path.stat().st_size if self.path else 0


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a reader may use besides the content. `depth` is 0 for a file, 1 for a member of an archive, and so on."""

    plan: Plan
    tools: Tools
    depth: int = 0
    notes: list[str] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)  # one for a source and all that is packed in it

    def inner(self) -> "Context":
        """That of a member."""
        return replace(self, depth=self.depth + 1, notes=[])

    @property
    def limits(self) -> Limits:
        """Those of the plan."""
        return self.plan.limits

    def note(self, sentence: str) -> None:
        """Say once what was left out or cut; it goes into the document's row."""
        if sentence not in self.notes:
            self.notes.append(sentence)


Reader = Callable[[Content, Context], list[Page]]
# A container yields its members' documents itself; its own pages, if it has any, come first.
Container = Callable[[Content, Context], Iterator[Extracted]]

readers: dict[str, Reader] = {}
containers: dict[str, Container] = {}


def reader(kind: str) -> Callable[[Reader], Reader]:
    """Register the function that turns content of a kind into pages; it raises DocumentError."""

    def register(function: Reader) -> Reader:
        if kind in readers:
            raise ValueError(f"two readers of {kind}")
        readers[kind] = function
        return function

    return register


def container(kind: str) -> Callable[[Container], Container]:
    """Register the function for a kind that holds other documents."""

    def register(function: Container) -> Container:
        if kind in containers:
            raise ValueError(f"two readers of {kind}")
        containers[kind] = function
        return function

    return register


def too_long(limits: Limits) -> DocumentError:
    """What readers raise that count while they read."""
    return DocumentError(Why.LIMIT, f"It has more than {limits.characters} characters of text (the limit characters).")
