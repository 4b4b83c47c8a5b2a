"""Where sentences and paragraphs begin and end, in English and in Japanese."""

# ruff: noqa: RUF001 - the full stops and quotation marks of Japanese are meant

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Never the end of a sentence, whatever follows.
_TITLES: Final = frozenset(
    {
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "rev",
        "hon",
        "st",
        "gen",
        "sen",
        "rep",
        "gov",
        "lt",
        "col",
        "sgt",
        "capt",
        "maj",
        "cmdr",
        "pres",
        "messrs",
        "vs",
        "cf",
        "viz",
        "ca",
        "approx",
        "resp",
    }
)
# Abbreviations only before a number: "No. 5", but "No. I disagree."
_BEFORE_NUMBERS: Final = frozenset(
    {
        "no",
        "nos",
        "fig",
        "figs",
        "eq",
        "eqs",
        "sec",
        "ch",
        "chap",
        "vol",
        "pp",
        "p",
        "art",
        "para",
        "tab",
        "ref",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
    }
)
# After "U.S." and the like these begin a new sentence; any other word goes on ("U.S. Army").
_STARTERS: Final = frozenset(
    {
        "the",
        "a",
        "an",
        "it",
        "he",
        "she",
        "they",
        "we",
        "i",
        "you",
        "this",
        "that",
        "these",
        "those",
        "there",
        "in",
        "on",
        "at",
        "but",
        "and",
        "so",
        "if",
        "when",
        "while",
        "however",
    }
)
# The quotation goes on with a particle, as in 「はい。」と言った。
_PARTICLES: Final = frozenset("とってがはをにもので、,")
_QUOTE_CHARACTERS: Final = 200  # a quotation left open longer than that is a mistake in the text

_BULLET: Final = r"(?:[-*+•‣◦▪–]\s|[・●○■□◆]|\(?\d{1,3}[.)]\s|\(?[A-Za-z]\)\s|[①-⑳])"
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n\s*|\f\s*")
_BORDER: Final = re.compile(
    r"(?P<latin>[.!?…]+[\"'”’)\]»]*)(?=\s)"
    r"|(?P<japanese>(?:[。！？｡]|．(?!\d))+)(?P<closing>[」』）】”’)\"\]]*)"
    rf"|\n(?=[^\S\n]*{_BULLET})"
)
_WORD: Final = re.compile(r"\S+$")
_ACRONYM: Final = re.compile(r"(?:[a-z]\.)+[a-z]")
_NEXT: Final = re.compile(r"\s*[\"'“‘(\[«]*(\w+)?")


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence without the white space around it; `paragraph` says whether it is the first of one."""

    start: int
    end: int
    paragraph: bool = False


def sentences(text: str) -> Iterator[Span]:
    """The sentences of a text, in order; together they hold everything but white space.

    A paragraph ends at an empty line or a form feed. A line that begins with a bullet or a number begins a sentence;
    any other line break is taken for a wrapped line.
    """
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        yield from _of_paragraph(text, start, gap.start())
        start = gap.end()
    yield from _of_paragraph(text, start, len(text))


def _of_paragraph(text: str, start: int, end: int) -> Iterator[Span]:
    first, begin = True, start
    for border in [*_BORDER.finditer(text, start, end), None]:
        if border is not None and not _ends(text, begin, end, border):
            continue
        stop = border.end() if border is not None else end
        part = text[begin:stop]
        if stripped := part.strip():
            left = begin + len(part) - len(part.lstrip())
            yield Span(left, left + len(stripped), first)
            first = False
        begin = stop


def _ends(text: str, begin: int, end: int, border: "re.Match[str]") -> bool:
    """Whether a sentence that begins at `begin` ends here."""
    if border["japanese"]:
        return _ends_japanese(text, begin, border)
    if not border["latin"]:
        return True  # before a bullet
    found = _NEXT.match(text, border.end(), end)
    following = (found and found[1]) or ""
    if following[:1].islower():
        return False
    if not border["latin"].startswith(".") or border["latin"].startswith(".."):
        return True
    return _ends_at_period(text, begin, border.start(), following)


def _ends_at_period(text: str, begin: int, at: int, following: str) -> bool:
    """Whether the period at `at` is more than that of an abbreviation, an initial or a list's number."""
    found = _WORD.search(text, max(begin, at - 24), at)
    word = found[0].lstrip("\"'“‘([«") if found else ""
    lower, after_number = word.lower(), following[:1].isdigit()
    if found and word.isalnum() and (word.isdigit() or len(word) == 1) and not text[begin : found.start()].strip():
        return False  # "1. Open the box."
    if lower in _TITLES or (len(word) == 1 and word.isupper() and word != "I"):
        return False
    if lower in _BEFORE_NUMBERS and after_number:
        return False
    if lower in ("e.g", "i.e"):
        return False
    return not (_ACRONYM.fullmatch(lower) and following and following.lower() not in _STARTERS)


def _ends_japanese(text: str, begin: int, border: "re.Match[str]") -> bool:
    """No sentence ends inside of a quotation, nor at its end when it is part of a longer one."""
    at = border.end()
    if border["closing"]:
        return text[at : at + 1] not in _PARTICLES or at >= len(text)
    before = text[max(begin, at - _QUOTE_CHARACTERS) : at]
    if before.count("「") > before.count("」"):
        return "」" not in text[at : at + _QUOTE_CHARACTERS]
    return True
