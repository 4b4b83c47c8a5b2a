"""XML of office documents as a stream of events: no tree in memory, no DTD, no entities, nothing from outside."""

from collections.abc import Iterable, Mapping
from typing import Protocol
from xml.parsers import expat

from serving.documents.types import DocumentError, Why

Attributes = Mapping[str, str]


class Handler(Protocol):
    """What the events go to. A name is its namespace, a blank and the local name."""

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        ...

    def end(self, name: str) -> None:
        """An element ends."""
        ...

    def data(self, text: str) -> None:
        """Text between elements."""
        ...


def parse(pieces: Iterable[bytes], handler: Handler) -> None:
    """Feed a document to a handler; raises DocumentError for one that is not well-formed or declares entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.data
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise DocumentError(Why.BROKEN, f"The XML in it is damaged: {error}.") from None


def local(name: str) -> str:
    """The name without its namespace."""
    return name.rpartition(" ")[2]


def attribute(attributes: Attributes, name: str) -> str:
    """An attribute by its local name; empty without one."""
    return next((value for key, value in attributes.items() if local(key) == name), "")


def _refuse(name: str, system: str | None, public: str | None, internal: bool) -> None:
    """Entities that name each other grow without end, others read files: office documents need neither."""
    raise DocumentError(Why.UNSAFE, f'The XML in it declares a document type ("{name}"), which could define entities.')
