"""The kinds of personal data that are found, and where one stands in a text."""

from dataclasses import dataclass
from typing import Final

EMAIL: Final = "EMAIL"
PHONE: Final = "PHONE"
IBAN: Final = "IBAN"
CARD: Final = "CARD"
IP: Final = "IP"
CREDENTIALS: Final = "CREDENTIALS"
SSN: Final = "SSN"
NATIONAL_ID: Final = "NATIONAL_ID"
KINDS: Final = (EMAIL, PHONE, IBAN, CARD, IP, CREDENTIALS, SSN, NATIONAL_ID)
"""In a text each leaves its name in brackets."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text, and what it is."""

    start: int
    end: int
    kind: str
