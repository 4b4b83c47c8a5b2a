"""HTML to the text that a browser would show."""

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from serving.documents.extract.encoding import decoded
from serving.documents.extract.registry import Content, Context, reader
from serving.documents.extract.text import decode
from serving.documents.types import DocumentError, Page, Why

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_CHARSET: Final = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
_XML_ENCODING: Final = re.compile(rb"<\?xml[^>]+encoding\s*=\s*[\"']([\w-]{1,40})")
_DECLARED_WITHIN: Final = 4096
_UNSEEN: Final = frozenset(
    {"script", "style", "head", "template", "noscript", "iframe", "object", "svg", "select", "textarea", "rt", "rp"}
)
_BLOCKS: Final = frozenset(
    {
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "table",
        "blockquote",
        "pre",
        "article",
        "section",
        "hr",
    }
)
_LINES: Final = frozenset(
    {"div", "li", "dt", "dd", "tr", "caption", "figure", "figcaption", "address", "center", "form", "fieldset"}
    | {"legend", "header", "footer", "main", "nav", "aside", "details", "summary", "body", "html"}
)
_CELLS: Final = frozenset(("td", "th"))
_HIDDEN_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DEEPEST: Final = 2_000
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
# Those that need no end tag: many open ones are usual and not nested.
_CLOSED_BY_OTHERS: Final = frozenset(
    {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "rt", "rp", "colgroup"}
    | {"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "embed", "param", "source", "track", "wbr"}
)
_SPACES: Final = re.compile(r"[ \t\n\r\f]+")


@reader("html")
def read(content: Content, context: Context) -> list[Page]:
    """One page."""
    text = decode(content, context, _declared(content.data))
    return [Page(number=1, text=visible(text), method="native")]


def text_of(data: bytes) -> str:
    """HTML as text, its markup still in it; raises DocumentError."""
    return decoded(data, _declared(data))[0]


def _declared(data: bytes) -> str:
    """The encoding that the document names itself."""
    head = data[:_DECLARED_WITHIN]
    found = _CHARSET.search(head) or _XML_ENCODING.search(head)
    return found.group(1).decode("ascii", "replace") if found else ""


def visible(html: str) -> str:
    """The text of an HTML document: blocks apart, cells by tabs, nothing hidden. Raises DocumentError."""
    from selectolax.lexbor import LexborHTMLParser

    _refuse_deep(html)
    root = LexborHTMLParser(html).body
    return "" if root is None else _Walk().text(root)


def _refuse_deep(html: str) -> None:
    """Parsing takes the square of the depth: 40,000 open <div> take ten seconds."""
    if html.count("<") < _DEEPEST:
        return
    open_now: Counter[str] = Counter()
    for slash, name in _TAG.findall(html):
        open_now[name.lower()] += -1 if slash else 1
        if open_now[name.lower()] > _DEEPEST and name.lower() not in _CLOSED_BY_OTHERS:
            raise DocumentError(Why.LIMIT, f"Its elements are nested more than {_DEEPEST} deep.")


class _Walk:
    """Depth first without recursion: pages nest deeper than Python's stack allows."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._preformatted = 0

    def text(self, root: "LexborNode") -> str:
        open_nodes = [root]
        node = root.child
        while open_nodes:
            if node is None:
                closing = open_nodes.pop()
                self._close(closing)
                node = closing.next if open_nodes else None
                continue
            inner = self._open(node)
            if inner is not None:
                open_nodes.append(node)
                node = inner
            else:
                node = node.next
        return "\n".join(_cells(line) for line in "".join(self._out).split("\n"))

    def _open(self, node: "LexborNode") -> "LexborNode | None":
        """What is to be read inside a node; text is taken at once."""
        tag = node.tag or ""
        if tag == "-text":
            self._take(node.text_content or "")
            return None
        if tag == "br":
            self._out.append("\n")
        if tag in _UNSEEN or tag.startswith(("-", "!")) or _is_hidden(node):
            return None
        self._edge(tag)
        self._preformatted += tag == "pre"
        inner = node.child
        if inner is None:
            self._close(node)
        return inner

    def _close(self, node: "LexborNode") -> None:
        tag = node.tag or ""
        self._preformatted -= tag == "pre"
        if tag in _CELLS:
            self._out.append("\t")
        self._edge(tag)

    def _edge(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._out.append("\n\n")
        elif tag in _LINES and self._out and not self._out[-1].endswith("\n"):
            self._out.append("\n")

    def _take(self, text: str) -> None:
        text = text if self._preformatted else _SPACES.sub(" ", text)
        if text != " " or (self._out and not self._out[-1].endswith((" ", "\n", "\t"))):
            self._out.append(text)


def _cells(line: str) -> str:
    return "\t".join(cell.strip(" ") for cell in line.split("\t"))


def _is_hidden(node: "LexborNode") -> bool:
    attributes = node.attributes
    return bool(attributes) and ("hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or "")))
