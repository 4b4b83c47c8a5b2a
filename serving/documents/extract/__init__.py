"""One door to every reader: a source becomes documents and failures."""

from collections.abc import Iterator

from serving.documents.extract import archive, email, html, image, markdown, opendocument, pdf, rtf, text, word
from serving.documents.extract.one import documents
from serving.documents.extract.registry import Content, Context
from serving.documents.extract.tools import Tools
from serving.documents.extract.unpack import Budget
from serving.documents.plan import Plan
from serving.documents.types import Extracted, Source

__all__ = ["Tools", "extract"]

# Importing a reader registers it.
_READERS = (archive, email, html, image, markdown, opendocument, pdf, rtf, text, word)


def extract(source: Source, plan: Plan, tools: Tools) -> Iterator[Extracted]:
    """At least one document or failure for a source, in the order of its members; nothing in a source raises."""
    budget = Budget(packed_bytes=source.size_bytes)
    yield from documents(
        Content(id=source.id, kind=source.kind, path=source.path), Context(plan=plan, tools=tools, budget=budget)
    )
