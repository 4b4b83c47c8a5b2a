"""OpenDocument texts (.odt, .ott, flat .fodt), read without LibreOffice; OASIS OpenDocument 1.3 is the source."""

import zipfile
from collections.abc import Callable, Iterator
from typing import Final

from serving.documents.extract import markup
from serving.documents.extract.markup import Attributes, attribute
from serving.documents.extract.prose import Prose
from serving.documents.extract.registry import Content, Context, reader
from serving.documents.extract.unpack import Budget, open_zip, unpacked
from serving.documents.types import DocumentError, Page, Why

_PIECE: Final = 64 * 1024
# What a reader of the document does not see: deleted text, comments, reading aids, marks of notes, forms, metadata.
_SKIPPED: Final = frozenset(
    ("tracked-changes", "annotation", "ruby-text", "note-citation", "forms", "meta", "desc", "title", "sequence-decls")
)
_HEADERS: Final = ("header", "header-first", "header-left")
_FOOTERS: Final = ("footer", "footer-first", "footer-left")


@reader("opendocument")
def read(content: Content, context: Context) -> list[Page]:
    """Pages as the program last laid them out, where the file says so, else one page."""
    body = _Text(Prose(context.limits), inside=("body",))
    edges = _Edges(context)
    with content.open() as file:
        if file.read(2) != b"PK":
            file.seek(0)
            markup.parse(iter(lambda: file.read(_PIECE), b""), _Both(edges, body))
            return edges.around(body.pages())
        budget, limits = Budget(packed_bytes=content.size_bytes), context.limits
        with open_zip(file, limits) as archive:
            _refuse_encrypted(archive, budget, context)
            if "content.xml" not in archive.NameToInfo:
                raise DocumentError(Why.BROKEN, "The main part of the document is missing.")
            if "styles.xml" in archive.NameToInfo:
                markup.parse(unpacked(archive, "styles.xml", budget, limits), edges)
            markup.parse(unpacked(archive, "content.xml", budget, limits), body)
    return edges.around(body.pages())


def _refuse_encrypted(archive: zipfile.ZipFile, budget: Budget, context: Context) -> None:
    name = "META-INF/manifest.xml"
    if name in archive.NameToInfo:
        markup.parse(_without_doctype(unpacked(archive, name, budget, context.limits)), _Manifest())


def _without_doctype(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Manifests of OpenOffice 1 and 2 name a DTD without declaring anything; one that declares stays and is refused."""
    first = next(pieces, b"")
    start, end = first.find(b"<!DOCTYPE"), first.find(b">", first.find(b"<!DOCTYPE"))
    plain = 0 <= start < end and b"[" not in first[start:end]
    yield first[:start] + first[end + 1 :] if plain else first
    yield from pieces


class _Manifest:
    def start(self, name: str, attributes: Attributes) -> None:
        if markup.local(name) == "encryption-data":
            raise DocumentError(Why.ENCRYPTED, "It is protected by a password.")

    def end(self, name: str) -> None:
        pass

    def data(self, text: str) -> None:
        pass


class _Text:
    """The text in one of some elements."""

    def __init__(self, prose: Prose, inside: tuple[str, ...]) -> None:
        self.prose, self._inside_of = prose, inside
        self._inside = self._skipping = self._paragraphs = 0
        self._style = ""
        self._breaking = set[str]()  # styles whose paragraphs begin a page

    def start(self, name: str, attributes: Attributes) -> None:
        tag = markup.local(name)
        if tag == "style":
            self._style = attribute(attributes, "name")
        elif tag == "paragraph-properties" and attribute(attributes, "break-before") == "page":
            self._breaking.add(self._style)
        if self._skipping or (self._inside and tag in _SKIPPED):
            self._skipping += 1
        elif tag in self._inside_of:
            self._inside += 1
        elif self._inside and (action := _STARTS.get(tag)):
            action(self, attributes)

    def end(self, name: str) -> None:
        tag = markup.local(name)
        if self._skipping:
            self._skipping -= 1
        elif tag in self._inside_of:
            self._inside -= 1
        elif self._inside and (action := _ENDS.get(tag)):
            action(self)

    def data(self, text: str) -> None:
        if self._paragraphs and not self._skipping:
            # Line ends and indents of a pretty-printed file are no text: the format has elements for those.
            lead, tail = text[:1].isspace(), text[-1:].isspace()
            words = " ".join(text.split())
            self.prose.text(f"{' ' * lead}{words}{' ' * (tail and bool(words))}")

    def pages(self) -> list[Page]:
        return self.prose.pages()

    def _paragraph(self, attributes: Attributes) -> None:
        if attribute(attributes, "style-name") in self._breaking:
            self.prose.page(at_once=True)
        self._paragraphs += 1

    def _paragraph_end(self) -> None:
        self._paragraphs -= 1
        self.prose.paragraph()

    def _spaces(self, attributes: Attributes) -> None:
        count = attribute(attributes, "c")
        self.prose.text(" " * min(int(count) if count.isdecimal() else 1, 100))


class _Edges:
    """Headers and footers of the page styles."""

    def __init__(self, context: Context) -> None:
        self._parts = [
            _Text(Prose(context.limits), inside=_HEADERS),
            _Text(Prose(context.limits), inside=_FOOTERS),
        ]
        self._in_styles = 0

    def start(self, name: str, attributes: Attributes) -> None:
        self._in_styles += markup.local(name) == "master-styles"
        if self._in_styles:
            for part in self._parts:
                part.start(name, attributes)

    def end(self, name: str) -> None:
        if self._in_styles:
            for part in self._parts:
                part.end(name)
        self._in_styles -= markup.local(name) == "master-styles"

    def data(self, text: str) -> None:
        for part in self._parts:
            part.data(text)

    def around(self, pages: list[Page]) -> list[Page]:
        """The pages with headers before the first and footers after the last."""
        header, footer = (_once(part.pages()[0].text) for part in self._parts)
        texts = [page.text for page in pages]
        texts[0] = header + texts[0]
        texts[-1] += footer
        return [Page(number=number, text=text, method="native") for number, text in enumerate(texts, 1)]


def _once(text: str) -> str:
    """Page styles repeat their headers."""
    return "".join(f"{paragraph}\n\n" for paragraph in dict.fromkeys(text.split("\n\n")) if paragraph.strip())


class _Both:
    """A flat file has the page styles and the body in one."""

    def __init__(self, edges: _Edges, body: _Text) -> None:
        self._handlers = (edges, body)

    def start(self, name: str, attributes: Attributes) -> None:
        for handler in self._handlers:
            handler.start(name, attributes)

    def end(self, name: str) -> None:
        for handler in self._handlers:
            handler.end(name)

    def data(self, text: str) -> None:
        for handler in self._handlers:
            handler.data(text)


_STARTS: Final[dict[str, Callable[[_Text, Attributes], None]]] = {
    "p": _Text._paragraph,
    "h": _Text._paragraph,
    "s": _Text._spaces,
    "tab": lambda text, _: text.prose.text("\t"),
    "line-break": lambda text, _: text.prose.text("\n"),
    "soft-page-break": lambda text, _: text.prose.page(),
    "table": lambda text, _: text.prose.table(),
    "text-box": lambda text, _: text.prose.aside(),
    "custom-shape": lambda text, _: text.prose.aside(),
    "note-body": lambda text, _: text.prose.aside(),
}
_ENDS: Final[dict[str, Callable[[_Text], None]]] = {
    "p": _Text._paragraph_end,
    "h": _Text._paragraph_end,
    "table-cell": lambda text: text.prose.cell(),
    "table-row": lambda text: text.prose.row(),
    "table": lambda text: text.prose.table_end(),
    "text-box": lambda text: text.prose.aside_end(),
    "custom-shape": lambda text: text.prose.aside_end(),
    "note-body": lambda text: text.prose.aside_end(),
}
