"""Numbers from outside: exact, finite, and within what a bill can hold."""

from decimal import Decimal
from typing import Any, Final

from infra.costs.errors import InputError

LARGEST: Final = Decimal(10) ** 15
"""No input, usage or volume is larger than this: a number above it is a mistake, not a bill."""
SMALLEST: Final = Decimal(10) ** -15
"""Nor is any smaller, but for 0: exact arithmetic with 1e-999999 would never end."""
MOST_DIGITS: Final = 40


def is_sane(value: Decimal) -> bool:
    """Whether a number is one that a bill can hold: finite, neither absurdly large, small nor long."""
    if not value.is_finite():
        return False
    return not value or (SMALLEST <= value.copy_abs() <= LARGEST and len(value.as_tuple().digits) <= MOST_DIGITS)


def number(value: Any, thing: str) -> Decimal:
    """A finite number of 0 up to 10^15 from a raw value; raises InputError naming the thing otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise InputError(thing, f"{shown(value)} is not a number", "give a number of 0 or more")
    try:
        # str() first: a JSON float such as 0.1 means the decimal that was written.
        parsed = Decimal(str(value).strip())
    except (ArithmeticError, ValueError):
        raise InputError(thing, f"{shown(value)} is not a number", "give a number of 0 or more") from None
    if not parsed.is_finite() or parsed < 0:
        raise InputError(thing, f"{shown(value)} cannot be a quantity", "give a number of 0 or more")
    if not is_sane(parsed):
        raise InputError(
            thing, f"{shown(value)} is beyond anything billable", f"give a number from {SMALLEST} to {LARGEST:,}"
        )
    return parsed


def shown(value: Any) -> str:
    """A raw value as a message shows it: short, and of structures only their kind."""
    text = value if isinstance(value, str | int | float | Decimal) else f"a {type(value).__name__}"
    shown = repr(text) if isinstance(text, str) and not text.startswith("a ") else str(text)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
