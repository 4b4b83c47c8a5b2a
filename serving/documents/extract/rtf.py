"""Rich Text Format, read without LibreOffice; the RTF specification 1.9.1 is the source."""

import codecs
import re
from dataclasses import dataclass, replace
from typing import Final

from serving.documents.extract.prose import Prose
from serving.documents.extract.registry import Content, Context, reader
from serving.documents.types import DocumentError, Page, Why

# Groups that hold no text of the document, besides those marked with \* that are not known.
_SKIPPED: Final = frozenset(
    {"colortbl", "stylesheet", "info", "pict", "object", "themedata", "datastore", "listtable", "revtbl", "fldinst"}
    | {"listoverridetable", "rsidtbl", "generator", "xmlnstbl", "nonshppict", "listtext", "pntext", "sp", "filetbl"}
    | {"bkmkstart", "bkmkend", "xe", "tc", "annotation", "atnid", "atnauthor", "latentstyles", "panose", "falt"}
)
_ASIDES: Final = frozenset(("footnote", "shptxt", "header", "headerl", "headerr", "headerf"))
_FOOTERS: Final = frozenset(("footer", "footerl", "footerr", "footerf"))
_KNOWN_OPTIONAL: Final = frozenset(("shpinst",))
_SIGNS: Final = {
    "tab": "\t",
    "line": "\n",
    "emdash": "\u2014",
    "endash": "\u2013",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
}
_CHARSETS: Final = {  # \fcharset
    0: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    255: "cp437",
}
_PAGES: Final = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850", "ansi": "cp1252"}
_TOKEN: Final = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|[\r\n]+|(?P<plain>[^\\{}\r\n]+)",
    re.DOTALL,
)
_DEEPEST: Final = 10_000


@reader("rtf")
def read(content: Content, context: Context) -> list[Page]:
    """Pages by the page breaks that are in it."""
    return _Reading(content.data, Prose(context.limits)).pages()


@dataclass(frozen=True, kw_only=True)
class _State:
    """What a group inherits and its end restores."""

    skipped: bool = False
    hidden: bool = False
    aside: str = ""  # the word by which this group began one
    fonts: bool = False  # in the font table
    codec: str = ""
    fallback: int = 1  # characters after \u that stand for it in old programs


class _Reading:
    def __init__(self, data: bytes, prose: Prose) -> None:
        self._data, self._prose = data, prose
        self._groups: list[_State] = []
        self._state = _State()
        self._page = "cp1252"
        self._font_codecs: dict[int, str] = {}
        self._font = -1
        self._bytes = bytearray()  # of one codec, which may need two for a character
        self._pass = 0  # fallback characters still to be passed over
        self._optional = False  # \* was read
        self._in_table = self._table_open = False

    def pages(self) -> list[Page]:
        position, size = 0, len(self._data)
        while position < size:
            token = _TOKEN.match(self._data, position)
            if token is None:  # a backslash at the very end
                break
            position = token.end()
            if token["word"]:
                position += self._word(token["word"].decode("ascii"), int(token["number"] or b"1"), token["number"])
            elif token["brace"]:
                if not self._brace(token["brace"]):
                    break
            elif token["hex"]:
                self._take(bytes((int(token["hex"], 16),)), 1)
            elif token["sign"]:
                self._sign(token["sign"])
            elif token["plain"]:
                self._plain(token["plain"])
        self._flush()
        if self._groups:
            raise DocumentError(Why.BROKEN, "The RTF document ends too early.")
        return self._prose.pages()

    def _brace(self, brace: bytes) -> bool:
        """Whether the document goes on."""
        self._flush()
        self._pass = 0
        self._optional = False
        if brace == b"{":
            if len(self._groups) >= _DEEPEST:
                raise DocumentError(Why.LIMIT, f"Its groups are nested more than {_DEEPEST} deep.")
            self._groups.append(self._state)
            self._state = replace(self._state, aside="")
            return True
        if self._state.aside:
            self._prose.aside_end(is_footer=self._state.aside in _FOOTERS)
        if self._groups:
            self._state = self._groups.pop()
        return bool(self._groups)

    def _word(self, word: str, number: int, stated: bytes | None) -> int:
        """How many bytes after the word belong to it."""
        self._flush()
        if word == "bin":
            return max(0, number) if stated else 0
        if self._pass:
            self._pass -= 1
        optional, self._optional = self._optional, False
        if word == "u":
            self._unicode(number)
        elif word in _SKIPPED or (optional and word not in _KNOWN_OPTIONAL | _ASIDES):
            self._state = replace(self._state, skipped=True)
        elif word in _ASIDES or word in _FOOTERS:
            self._begin_aside(word)
        elif not self._setting(word, number, stated):
            self._layout(word)
        return 0

    def _begin_aside(self, word: str) -> None:
        if not self._state.skipped and not self._state.aside:
            self._state = replace(self._state, aside=word)
            self._prose.aside()

    def _setting(self, word: str, number: int, stated: bytes | None) -> bool:
        """Whether the word was one that changes how text is read."""
        on = stated is None or number != 0
        if word in _PAGES:
            self._page = _PAGES[word]
        elif word == "ansicpg":
            self._page = _codec(f"cp{number}", self._page)
        elif word == "uc":
            self._state = replace(self._state, fallback=max(0, min(number, 100)))
        elif word in ("v", "deleted"):
            self._state = replace(self._state, hidden=on)
        elif word == "plain":
            self._state = replace(self._state, hidden=False, codec="")
        elif word == "fonttbl":
            self._state = replace(self._state, fonts=True)
        elif word == "f":
            self._font = number
            self._state = replace(self._state, codec=self._font_codecs.get(number, ""))
        elif word == "fcharset" and self._state.fonts:
            self._font_codecs[self._font] = _CHARSETS.get(number, "")
        else:
            return False
        return True

    def _layout(self, word: str) -> None:
        if self._silent:
            return
        if word == "par":
            self._set_table()
            self._prose.paragraph()
        elif word in ("page", "pagebb"):
            self._set_table()
            self._prose.page(at_once=True)
        elif word in ("pard", "intbl"):
            self._in_table = word == "intbl"
        elif word in ("cell", "nestcell"):
            self._set_table()
            self._prose.cell()
        elif word in ("row", "nestrow"):
            self._prose.row()
        elif word in _SIGNS:
            self._prose.text(_SIGNS[word])

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._optional = True
        elif sign in b"\r\n":
            self._layout("par")
        elif sign in b"\\{}":
            self._take(sign, 1)
        elif sign == b"~":
            self._write(" ")
        elif sign == b"_":
            self._write("-")

    def _plain(self, text: bytes) -> None:
        passed = min(self._pass, len(text))
        self._pass -= passed
        self._take(text[passed:], 0)

    def _take(self, raw: bytes, counts: int) -> None:
        if self._pass and counts:
            self._pass -= 1
        elif not self._silent:
            self._bytes += raw

    def _unicode(self, number: int) -> None:
        self._pass = self._state.fallback
        self._write(chr(number & 0xFFFF))

    def _flush(self) -> None:
        if self._bytes:
            text = bytes(self._bytes).decode(self._state.codec or self._page, "replace")
            self._bytes.clear()
            self._set_table()
            self._prose.text(text)

    def _write(self, text: str) -> None:
        self._flush()
        if not self._silent:
            self._set_table()
            self._prose.text(text)

    def _set_table(self) -> None:
        """A table begins and ends with the paragraphs that say whether they are in one."""
        if self._in_table != self._table_open:
            self._table_open = self._in_table
            (self._prose.table if self._in_table else self._prose.table_end)()

    @property
    def _silent(self) -> bool:
        return self._state.skipped or self._state.hidden or self._state.fonts


def _codec(name: str, otherwise: str) -> str:
    name = {"cp65001": "utf-8", "cp10000": "mac_roman", "cp936": "gb18030"}.get(name, name)
    try:
        return codecs.lookup(name).name
    except LookupError:
        return otherwise
