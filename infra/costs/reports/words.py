"""Numbers and names as a reader sees them; money is rounded here and nowhere else."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Final

EXACT_DIGITS: Final = 10
Paint = Callable[[str, str], str]
"""Gives a text a look by its name: `bold`, `dim`, `good`, `bad`; the identity where there are no colours."""
SCALES: Final = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))


def decimal_of(value: Fraction | Decimal, places: int) -> Decimal:
    """A fraction as a decimal, rounded half up to so many places."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else value
        return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def money(value: Fraction | Decimal) -> str:
    """USD with cents and thousands: 1,234.50."""
    return f"{decimal_of(value, 2):,}"


def exact(value: Fraction | Decimal) -> str:
    """A number for a machine: plain digits, no exponent, at most ten places, no needless zeros."""
    text = f"{decimal_of(value, EXACT_DIGITS):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def price(value: Decimal) -> str:
    """A unit price as it is written, without an exponent."""
    return exact(value) if value else "0"


def volume(value: Fraction | Decimal) -> str:
    """A volume in three figures: 3.12 M, 840 k."""
    whole = decimal_of(value, 0)
    for size, sign in SCALES:
        if whole >= size:
            scaled = whole / size
            places = 2 if scaled < 10 else 1 if scaled < 100 else 0
            return f"{decimal_of(scaled, places).normalize():f} {sign}"
    return f"{whole}"


def quantity(value: Fraction | Decimal) -> str:
    """A quantity with thousands and at most four places."""
    text = f"{decimal_of(value, 4):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
