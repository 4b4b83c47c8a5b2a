"""What is known of a model's answers and of the data behind them; every figure may be unknown."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from infra.costs.errors import InputError

MANY_LEFT_OUT: Final = Fraction(5, 100)
"""Share of the rows that are contradictory or left out, from which on that is much (assumed)."""
FEW_OF_A_CLASS: Final = 50
"""Examples of a class below which they are few (assumed)."""


class Learned(NamedTuple):
    """A point of a learning curve: so many examples gave such a macro F1, with the bounds of its interval."""

    examples: int
    macro_f1: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Scores on one test set, as macro F1 from 0 to 1, and what the data looks like; None is not known.

    `current_f1` is that of the version in use, `api_f1` that of a managed API's answers (`api`: its key, empty: not
    said which), `goal` what is needed. `curve` holds points of a learning curve (examples, macro F1, low, high) in
    order of examples. `left_out` is the share of rows that were left out or contradict each other, `smallest_class`
    the examples of the class that has fewest. Raises InputError for what cannot be.
    """

    macro_f1: Decimal | None = None
    interval: tuple[Decimal, Decimal] | None = None
    current_f1: Decimal | None = None
    api_f1: Decimal | None = None
    api: str = ""
    curve: tuple[tuple[int, Decimal, Decimal, Decimal], ...] = ()
    left_out: Decimal | None = None
    smallest_class: int | None = None
    goal: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("macro_f1", "current_f1", "api_f1", "left_out", "goal"):
            _within(name, getattr(self, name))
        for value in self.interval or ():
            _within("interval", value)
        sizes = [point[0] for point in self.curve]
        for point in self.curve:
            for value in point[1:]:
                _within("curve", value)
        if any(size < 1 for size in sizes) or sizes != sorted(set(sizes)):
            said = f"examples {', '.join(map(str, sizes))}"
            raise InputError("quality curve", said, "give points in order of examples, each number of them once")

    @property
    def low(self) -> Fraction | None:
        """The least that macro F1 may be: its interval's, else the figure itself."""
        return _exact(self.interval[0] if self.interval else self.macro_f1)

    @property
    def high(self) -> Fraction | None:
        """The most that it may be."""
        return _exact(self.interval[1] if self.interval else self.macro_f1)

    @property
    def last(self) -> tuple[Learned, Learned] | None:
        """The last step of the learning curve; None where there is none."""
        return (Learned(*self.curve[-2]), Learned(*self.curve[-1])) if len(self.curve) > 1 else None


def _exact(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _within(name: str, value: Decimal | None) -> None:
    if value is not None and not 0 <= value <= 1:
        raise InputError(f"quality {name}", f"{value} is out of range", "give a number from 0 to 1")
