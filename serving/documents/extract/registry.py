"""What a reader is, and the table of them; readers register where they are defined."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from serving.documents.extract.tools import Tools
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
        assert self.path is not None
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise DocumentError(Why.UNREADABLE, f"The file cannot be read: {error.strerror or error}.") from None

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
        assert kind not in readers, kind
        readers[kind] = function
        return function

    return register


def container(kind: str) -> Callable[[Container], Container]:
    """Register the function for a kind that holds other documents."""

    def register(function: Container) -> Container:
        assert kind not in containers, kind
        containers[kind] = function
        return function

    return register
