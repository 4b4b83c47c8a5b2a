"""Telephone numbers. phonenumbers, Google's tables for Python, knows which numbers each country has given out."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from serving.redact_types import PHONE, Span

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

REGIONS: Final = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "CH", "SE", "PL", "BR", "IN", "JP", "AU")
"""Whose national numbers are known without a word; numbers that begin with + are known of all countries."""
# A run that could be one: digits with the signs that people put between them. Only such a run is looked up.
RUN: Final = re.compile(r"(?<![\w.,])[+(]{0,2}\d(?:[ \t()./\u00a0\u2010-\u2013-]{0,3}\d){6,18}(?!\w|[.,]\d)")
# Two to six groups, of which the first alone may be one digit: rows of figures are not worth fourteen look-ups each.
GROUPED: Final = re.compile(r"\(?\d{1,6}\)?(?:\D{1,3}\d{2,8}){1,5}")
# Digits in one piece are order numbers more often than telephone numbers, unless a word says what they are.
SAID: Final = re.compile(
    r"\b(?:tel|telephone|phone|mobile|mob|cell|fax|call|ring|dial|text|whatsapp|hotline|telefon|handy|tél|móvil)\b"
    r"[^\d\n]{0,16}$",
    re.IGNORECASE,
)
DATE: Final = re.compile(r"(?:19|20)\d\d([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2(?:19|20)\d\d")
BEFORE: Final = 32


def phones(text: str, regions: Sequence[str]) -> list[Span]:
    """Numbers that a country has given out, written as people write them."""
    return [span for match in RUN.finditer(text) if (span := _in_run(text, match, regions))]


def _in_run(text: str, match: "re.Match[str]", regions: Sequence[str]) -> Span | None:
    run, start = match[0], match.start()
    if run.count("(") > run.count(")"):  # the bracket is that of the sentence around it
        run, start = run[1:], start + 1
    if DATE.search(run):
        return None
    if run.startswith(("+", "(+")):
        return _international(run, start)
    said = bool(SAID.search(text, max(0, start - BEFORE), start))
    if said or GROUPED.fullmatch(run):
        return next(
            (Span(start, start + len(run), PHONE) for region in regions if _is_national(run, region, said)), None
        )
    return None


def _international(run: str, start: int) -> Span | None:
    """The number, or the beginning of the run that is one: what follows may be another."""
    from phonenumbers import PhoneNumberMatcher

    if _valid(run, None) is not None:
        return Span(start, start + len(run), PHONE)
    found = next(iter(PhoneNumberMatcher(run, None)), None)
    return Span(start + found.start, start + found.end, PHONE) if found else None


def _is_national(run: str, region: str, said: bool) -> bool:
    """Whether it is one in the groups of its country; where a word says so, in any groups."""
    from phonenumbers import PhoneNumberFormat, format_number

    number = _valid(run, region)
    if number is None:
        return False
    if said:
        return True
    groups = re.findall(r"\d+", run)
    usual = re.findall(r"\d+", format_number(number, PhoneNumberFormat.NATIONAL))
    return groups in (usual, [str(number.country_code), *usual])


def _valid(run: str, region: str | None) -> "PhoneNumber | None":
    from phonenumbers import NumberParseException, is_valid_number, parse

    try:
        number = parse(run, region)
    except NumberParseException:
        return None
    return number if is_valid_number(number) else None
