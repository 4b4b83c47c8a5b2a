"""What check digits give away: IBANs, payment cards, national numbers. python-stdnum knows how each is checked."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Final

from serving.redact_types import CARD, IBAN, NATIONAL_ID, SSN, Span

# Looked ahead only: the words after a number could be part of one, and hide another that follows.
ACCOUNT: Final = re.compile(r"(?<![A-Za-z0-9])(?=([A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}))")
LEAST_ACCOUNT: Final = 15
# In one piece or in the groups that are printed on cards.
NUMBER: Final = re.compile(
    r"(?<![\w.,/+-])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})"
    r"(?![\w/-]|[.,]\d)"
)
# First digits and lengths by scheme (ISO/IEC 7812 ranges as the schemes publish them; from memory).
SCHEMES: Final = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}"
)
# The national numbers whose form and check digits leave little room for others: module of stdnum, form.
NATIONAL: Final[Mapping[str, str]] = {
    "us.ssn": r"(?<![\w-])\d{3}([- ])\d{2}\1\d{4}(?![\w-])",
    "es.dni": r"\b\d{8}-?[A-Z]\b",
    "es.nie": r"\b[XYZ]-?\d{7}-?[A-Z]\b",
    "it.codicefiscale": r"\b[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]\b",
    "fr.nir": r"(?<![\w.,/+-])[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d\b",
    "ch.ssn": r"\b756\.\d{4}\.\d{4}\.\d\d\b",
    "se.personnummer": r"(?<![\w-])(?:\d\d)?\d{6}[-+]\d{4}(?![\w-])",
    "fi.hetu": r"(?<![\w-])\d{6}[-+A]\d{3}[0-9A-Y]\b",
    "br.cpf": r"\b\d{3}\.\d{3}\.\d{3}-\d\d\b",
    "be.nn": r"\b\d\d\.\d\d\.\d\d-\d{3}\.\d\d\b",
    "pl.pesel": r"(?<![\w.,/+-])\d{11}(?![\w/-]|[.,]\d)",
    "de.idnr": r"(?<![\w.,/+-])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\w/-]|[.,]\d)",
    "in_.aadhaar": r"(?<![\w-])[2-9]\d{3} \d{4} \d{4}(?![\w-]| \d)",
}
# The United Kingdom's number has letters that are never used, and no check digit (HMRC manual NIM39110; from memory).
INSURANCE: Final = re.compile(
    r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]\b"
)


def ibans(text: str) -> list[Span]:
    """Account numbers whose length, country and remainder of 97 are right."""
    from stdnum import iban

    found = []
    for match in ACCOUNT.finditer(text):
        # The longest beginning that is right is meant.
        places = [i for i, sign in enumerate(match[1]) if sign.isalnum()]
        for length in range(len(places), LEAST_ACCOUNT - 1, -1):
            end = places[length - 1] + 1
            if _ends(text, match.start() + end) and iban.is_valid(match[1][:end]):
                found.append(Span(match.start(), match.start() + end, IBAN))
                break
    return found


def cards(text: str) -> list[Span]:
    """Numbers of a known scheme whose last digit is right (Luhn)."""
    from stdnum import luhn

    found = []
    for match in NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if SCHEMES.fullmatch(digits) and luhn.is_valid(digits) and len(set(digits)) > 1:
            found.append(Span(match.start(), match.end(), CARD))
    return found


def national(text: str) -> list[Span]:
    """Social security numbers of the United States, and national numbers of some other countries."""
    found = [
        Span(match.start(), match.end(), SSN if name == "us.ssn" else NATIONAL_ID)
        for name, (pattern, is_valid) in _national().items()
        for match in pattern.finditer(text)
        if is_valid(match[0])
    ]
    return [*found, *(Span(match.start(), match.end(), NATIONAL_ID) for match in INSURANCE.finditer(text))]


@cache
def _national() -> Mapping[str, tuple["re.Pattern[str]", Callable[[str], bool]]]:
    return {name: (re.compile(form), import_module(f"stdnum.{name}").is_valid) for name, form in NATIONAL.items()}


def _ends(text: str, place: int) -> bool:
    return place == len(text) or not text[place].isalnum()
