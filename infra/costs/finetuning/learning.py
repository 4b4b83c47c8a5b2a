"""What the last step of a learning curve says: whether more examples still help, and what twice as many would give."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log2
from typing import Final

from infra.costs.finetuning.quality import Learned, Quality

MOST_DOUBLINGS: Final = 7
"""Doublings of the examples up to which a goal is said to be in reach: 128 times what there is."""
PARTS_OF_A_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """The last step of a learning curve, carried on as if each doubling of the examples gave as much as it did."""

    before: Learned
    after: Learned

    @property
    def gain(self) -> Fraction:
        """What the step gave, in macro F1."""
        return Fraction(self.after.macro_f1) - Fraction(self.before.macro_f1)

    @property
    def noise(self) -> Fraction:
        """Half of the last point's interval: a step up to this may be chance."""
        return (Fraction(self.after.high) - Fraction(self.after.low)) / 2

    @property
    def goes_on(self) -> bool:
        """Whether the step is more than noise."""
        return self.gain > self.noise

    @property
    def per_doubling(self) -> Fraction:
        """Gain by twice the examples. Curves flatten, so what is carried on from it is the most to hope for."""
        doublings = log2(self.after.examples / self.before.examples)
        return (self.gain / Fraction(doublings)).limit_denominator(PARTS_OF_A_MILLION)

    @property
    def twice(self) -> tuple[int, Fraction]:
        """Twice the examples, and the macro F1 they would give."""
        return 2 * self.after.examples, min(Fraction(self.after.macro_f1) + self.per_doubling, Fraction(1))

    def examples_for(self, goal: Fraction) -> int | None:
        """Examples that would reach a goal above the last point; None where they are too many to be had."""
        if self.per_doubling <= 0:
            return None
        doublings = (goal - Fraction(self.after.macro_f1)) / self.per_doubling
        return ceil(self.after.examples * 2 ** float(doublings)) if doublings <= MOST_DOUBLINGS else None


def rise_of(quality: Quality) -> Rise | None:
    """The last step of the learning curve; None where fewer than two points are known."""
    return Rise(before=quality.last[0], after=quality.last[1]) if quality.last else None
