"""What archives and mails hold, document by document."""

import re
from collections import Counter
from collections.abc import Iterator

from serving.documents import kinds
from serving.documents.extract.one import documents
from serving.documents.extract.registry import Content, Context
from serving.documents.types import DocumentError, Extracted, Failure, Why

Member = tuple[str, bytes | DocumentError]  # its name, and its content or why that could not be had

_DRIVE = re.compile(r"[A-Za-z]:")


def read(outer: Content, context: Context, found: Iterator[Member]) -> Iterator[Extracted]:
    """Documents of the asked types; what else is there is passed over.

    A member whose bytes could not be had comes with the reason instead of them.
    """
    ids = Ids(outer.id)
    for name, data in found:
        kind = wanted(name, context)
        if kind is None:
            continue
        member_id = ids.of(name)
        if isinstance(data, DocumentError):
            yield Failure(id=member_id, kind=kind, size_bytes=0, why=data.why, sentence=data.sentence)
            continue
        yield from _one(Content(id=member_id, kind=kind, held=data), context)


def _one(content: Content, context: Context) -> Iterator[Extracted]:
    if content.kind in ("archive", "email") and context.depth + 1 >= context.limits.depth:
        sentence = f"It is nested more than {context.limits.depth} deep (the limit depth)."
        yield Failure(id=content.id, kind=content.kind, size_bytes=content.size_bytes, why=Why.LIMIT, sentence=sentence)
        return
    yield from documents(content, context.inner())


def wanted(name: str, context: Context) -> str | None:
    """The kind of a member by its name, None where it is not of the asked types."""
    kind = kinds.of(name.replace("\\", "/").rpartition("/")[2])
    return kind if kind in context.plan.document_types and not kinds.is_debris(name) else None


def refuse_unsafe(name: str) -> None:
    """Raise DocumentError for a name that leads out of the archive; nothing here follows it, others might."""
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or _DRIVE.match(name):
        raise DocumentError(Why.UNSAFE, "Its name in the archive leads out of it, so it was not read.")


class Ids:
    """Ids of members; the second of a name gets a number."""

    def __init__(self, outer: str) -> None:
        self._outer = outer
        self._count: Counter[str] = Counter()
        self._given = set[str]()

    def of(self, name: str) -> str:
        """That of the next member of this name."""
        name = "".join(c if c.isprintable() else "?" for c in name.replace("\\", "/"))
        free = name
        while free in self._given or not self._count[name]:
            self._count[name] += 1
            free = name if self._count[name] == 1 else f"{name}#{self._count[name]}"
            if free not in self._given:
                break
        self._given.add(free)
        return f"{self._outer}!/{free}"
