"""Markdown to the text that is left when it is shown."""

from typing import TYPE_CHECKING, Final

from serving.documents.extract.html import visible
from serving.documents.extract.registry import Content, Context, reader
from serving.documents.extract.text import decode
from serving.documents.types import Page

if TYPE_CHECKING:
    from markdown_it.token import Token

_BREAKS: Final = {"softbreak": "\n", "hardbreak": "\n"}
_ENDS: Final = {
    **dict.fromkeys(("paragraph_close", "heading_close", "table_close", "bullet_list_close"), "\n\n"),
    **dict.fromkeys(("ordered_list_close", "blockquote_close", "hr"), "\n\n"),
    **dict.fromkeys(("tr_close",), "\n"),
    **dict.fromkeys(("td_close", "th_close"), "\t"),
}


@reader("markdown")
def read(content: Content, context: Context) -> list[Page]:
    """One page; the block of settings that some tools put before the text is left out."""
    from markdown_it import MarkdownIt

    source = _without_settings(decode(content, context))
    # The preset's 20 levels would drop text that is nested deeper.
    parser = MarkdownIt("commonmark", {"maxNesting": 200}).enable(["table", "strikethrough"])
    return [Page(number=1, text="".join(map(_text, parser.parse(source))), method="native")]


def _text(token: "Token") -> str:
    if token.type == "inline":
        return "".join(_inline(child) for child in token.children or ())
    if token.type in ("fence", "code_block"):
        return f"{token.content}\n"
    if token.type == "html_block":
        return f"{visible(token.content)}\n\n"
    if token.type == "paragraph_close" and token.hidden:  # in a list without empty lines
        return "\n"
    return _ENDS.get(token.type, "")


def _inline(token: "Token") -> str:
    """Links and emphasis are their text, pictures their description; inline HTML is marks alone."""
    if token.type in ("text", "code_inline", "image"):
        return token.content
    return _BREAKS.get(token.type, "")


def _without_settings(source: str) -> str:
    lines = source.removeprefix("\ufeff").split("\n", 200)
    if lines[0].rstrip() != "---":
        return source
    end = next((n for n, line in enumerate(lines[1:200], 1) if line.rstrip() in ("---", "...")), 0)
    return "\n".join(lines[end + 1 :]) if end else source
