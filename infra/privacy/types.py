"""Where data rests and where it passes, and what is said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FOR_EVER: Final = "until somebody deletes it"


@dataclass(frozen=True, kw_only=True)
class Holds:
    """What is in a place; `personal`: it can be about callers, or comes from what they send."""

    words: str
    personal: bool


@dataclass(frozen=True, kw_only=True)
class Days:
    """How long it stays: `most` days, None where nothing ends it by itself, 0 where it is not stored."""

    most: int | None
    words: str = ""

    def __str__(self) -> str:
        if not self.most and (self.words or self.most is None):
            return self.words or FOR_EVER
        days = f"{self.most:,} {'day' if self.most == 1 else 'days'}"
        return f"{days} ({self.words})" if self.words else days


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere data rests. `readers` are those who may read it besides the account's administrators."""

    name: str
    kind: str
    holds: Holds
    days: Days
    key: str
    region: str
    readers: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Way:
    """Somewhere data passes: what is encrypted there, and what of it is written down."""

    name: str
    kind: str
    passes: str
    encrypted: str
    kept: str
    region: str
