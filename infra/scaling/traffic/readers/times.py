"""Timestamps as exports write them: ISO 8601 and its usual variants, or numbers since 1970."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
# Numbers above these cannot be seconds, milliseconds, microseconds of any date that a trace has.
UNITS: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
SLASHES: Final = re.compile(r"^(\d{4})/(\d{2})/(\d{2})\b")
NUMBER: Final = re.compile(r"^\d+(\.\d*)?$")
ZONE: Final = re.compile(r"(Z|[+-]\d{2}:?(\d{2})?)$", re.IGNORECASE)


def instant(value: Any, zone: tzinfo = UTC) -> float:
    """Seconds since 1970 of a timestamp; one that carries no zone is in `zone`. Raises ValueError for what is none."""
    if isinstance(value, str):
        text = value.strip()
        if NUMBER.match(text):
            return _of_number(float(text))
        moment = datetime.fromisoformat(SLASHES.sub(r"\1-\2-\3", text) if "/" in text else text)
    elif isinstance(value, datetime):
        moment = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(float(value))
    else:
        raise ValueError
    return _within((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


def has_zone(value: Any) -> bool:
    """Whether a timestamp says itself which zone it is in: a number since 1970 does, by what it means."""
    if isinstance(value, str):
        text = value.strip()
        return bool(NUMBER.match(text)) or (len(text) > 10 and bool(ZONE.search(text[10:])))
    return not isinstance(value, datetime) or value.tzinfo is not None


def _of_number(number: float) -> float:
    for above, per_second in UNITS:
        if number >= above:
            return _within(number / per_second)
    return _within(number)


def _within(seconds: float) -> float:
    if not EARLIEST <= seconds < LATEST:
        raise ValueError
    return seconds
