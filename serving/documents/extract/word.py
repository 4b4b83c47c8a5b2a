"""Word documents: .docx read here, .doc as opendocument after LibreOffice has turned it into one.

The parts are read as streams, since a tree of 1 GiB of XML would need many times that. What a reader of the document
sees counts: no deleted or moved-away text, no field codes, no comments, no hidden text, each text box once.
"""

import posixpath
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from serving.documents.extract import markup, office
from serving.documents.extract.markup import Attributes, attribute
from serving.documents.extract.prose import Prose
from serving.documents.extract.registry import Content, Context, reader
from serving.documents.extract.unpack import Budget, open_zip, unpacked
from serving.documents.types import DocumentError, Page, Why

_WORD: Final = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",  # the same, saved as "strict"
)
_MATH_TEXT: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/math t",
    "http://purl.oclc.org/ooxml/officeDocument/math t",
)
_FALLBACK: Final = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
# del, moveFrom: tracked changes; rt: the small reading aid over Japanese; pPr, sectPr, tblPr: tab stops and the like.
_SKIPPED: Final = frozenset(
    {f"{ns} {name}" for ns in _WORD for name in ("del", "moveFrom", "rt", "pPr", "sectPr", "tblPr", "trPr", "tcPr")}
    | {_FALLBACK}  # the text box a second time, for programs before 2010
)
_PARTS: Final = ("header", "document", "footnotes", "endnotes", "footer")  # the order in which they are put together


@reader("word")
def read(content: Content, context: Context) -> list[Page]:
    """Pages as Word last laid them out, where the file says so, else one page."""
    with content.open() as file:
        if file.read(2) != b"PK":
            return office.read(content, context)
        with open_zip(file, context.limits) as archive:
            return _Package(archive, content, context).pages()


class _Package:
    def __init__(self, archive: zipfile.ZipFile, content: Content, context: Context) -> None:
        self._archive, self._context = archive, context
        self._budget = Budget(packed_bytes=content.size_bytes)

    def pages(self) -> list[Page]:
        main = next((target for kind, target in self._relations("") if kind == "officeDocument"), "")
        if not main or main not in self._archive.NameToInfo:
            raise DocumentError(Why.BROKEN, "The main part of the document is missing.")
        parts: list[tuple[str, str]] = [("document", main)]
        for kind, target in self._relations(main):
            if kind in _PARTS and target in self._archive.NameToInfo:
                parts.append((kind, target))
            elif kind == "aFChunk":
                self._context.note("A document embedded in it by reference was not read.")
        return self._joined(sorted(parts, key=lambda part: _PARTS.index(part[0])))

    def _joined(self, parts: list[tuple[str, str]]) -> list[Page]:
        """Headers before the first page, notes and footers after the last; equal headers of sections once."""
        before: list[str] = []
        after: list[str] = []
        pages: list[Page] = []
        for kind, name in parts:
            prose = Prose(self._context.limits)
            markup.parse(unpacked(self._archive, name, self._budget, self._context.limits), _Body(prose))
            found = prose.pages()
            if kind == "document":
                pages = found
                continue
            texts = before if kind == "header" else after
            texts += [page.text for page in found if page.text.strip() and page.text not in texts]
        pages[0] = replace(pages[0], text="".join([*before, pages[0].text]))
        pages[-1] = replace(pages[-1], text="".join([pages[-1].text, *after]))
        return pages

    def _relations(self, part: str) -> list[tuple[str, str]]:
        """Kind and name of the parts that a part refers to, in the order of their ids."""
        folder, name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        if path not in self._archive.NameToInfo:
            return []
        found = _Relations(folder)
        markup.parse(unpacked(self._archive, path, self._budget, self._context.limits), found)
        return found.targets


class _Relations:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.targets: list[tuple[str, str]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if markup.local(name) == "Relationship" and attribute(attributes, "TargetMode") != "External":
            kind = attribute(attributes, "Type").rpartition("/")[2]
            target = posixpath.join("/", self._folder, unquote(attribute(attributes, "Target")))
            self.targets.append((kind, posixpath.normpath(target).lstrip("/")))

    def end(self, name: str) -> None:
        pass

    def data(self, text: str) -> None:
        pass


class _Body:
    """The events of one part."""

    def __init__(self, prose: Prose) -> None:
        self._prose = prose
        self._skipping = 0
        self._in_text = False
        self._hidden = False

    def start(self, name: str, attributes: Attributes) -> None:
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
        elif name in _TEXTS:
            self._in_text = not self._hidden
        elif action := _STARTS.get(name):
            action(self, attributes)

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif name in _TEXTS:
            self._in_text = False
        elif action := _ENDS.get(name):
            action(self)

    def data(self, text: str) -> None:
        if self._in_text and not self._skipping:
            self._prose.text(text)

    def _vanish(self, attributes: Attributes) -> None:
        self._hidden = attribute(attributes, "val") not in ("0", "false", "off")

    def _run(self, _: Attributes) -> None:
        self._hidden = False

    def _break(self, attributes: Attributes) -> None:
        if attribute(attributes, "type") == "page":
            self._prose.page(at_once=True)
        else:
            self._prose.text("\n")

    def _symbol(self, attributes: Attributes) -> None:
        """A character of a symbol font; those of private fonts mean nothing in Unicode."""
        try:
            code = int(attribute(attributes, "char"), 16)
        except ValueError:
            return
        if 0x20 <= code < 0xD800:
            self._prose.text(chr(code))


def _named(actions: Mapping[str, Callable[..., None]]) -> dict[str, Callable[..., None]]:
    return {f"{ns} {name}": action for ns in _WORD for name, action in actions.items()}


_TEXTS: Final = frozenset({f"{ns} t" for ns in _WORD} | set(_MATH_TEXT))
_STARTS: Final = _named(
    {
        "r": _Body._run,
        "vanish": _Body._vanish,
        "br": _Body._break,
        "sym": _Body._symbol,
        "tab": lambda body, _: body._prose.text("\t"),
        "ptab": lambda body, _: body._prose.text("\t"),
        "cr": lambda body, _: body._prose.text("\n"),
        "noBreakHyphen": lambda body, _: body._prose.text("-"),
        "lastRenderedPageBreak": lambda body, _: body._prose.page(),
        "tbl": lambda body, _: body._prose.table(),
        "txbxContent": lambda body, _: body._prose.aside(),
    }
)
_ENDS: Final = _named(
    {
        "p": lambda body: body._prose.paragraph(),
        "tc": lambda body: body._prose.cell(),
        "tr": lambda body: body._prose.row(),
        "tbl": lambda body: body._prose.table_end(),
        "txbxContent": lambda body: body._prose.aside_end(),
    }
)
