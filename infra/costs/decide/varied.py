"""A situation with one assumption at another value, and what is chosen then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Final

from infra.costs.decide.answer import Flip
from infra.costs.decide.board import Board, laid_out_again
from infra.costs.decide.choice import Choice, choose
from infra.costs.decide.options import Option, amounts
from infra.costs.decide.situation import Situation

DIGITS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One that is tried: the range it may take, its unit, and whether more of it speaks for hosting (None: unclear)."""

    key: str
    unit: str
    low: Fraction
    high: Fraction
    for_hosting: bool | None = None
    step: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class Varied:
    """The situation that is varied, and what is chosen in it."""

    board: Board
    choice: Choice

    def now(self, key: str) -> Fraction:
        """The assumption's value as it is; a share of spot that nobody stated: what the hosted stack has."""
        situation = self.board.situation
        if key == "salary_per_year":
            return Fraction(situation.salary)
        value = getattr(situation, key)
        if value is None:
            candidate = self.choice.host.candidate if self.choice.host else None
            return candidate.spot_share if candidate else Fraction(0)
        return Fraction(value)

    def at(self, key: str, value: Fraction) -> Situation:
        """The situation with another value."""
        changed: dict[str, Any] = {key: as_decimal(value)}
        return replace(self.board.situation, **changed)

    def again(self, key: str, value: Fraction, options: Sequence[Option]) -> Board:
        """Some of its options with another value."""
        return laid_out_again(self.board, self.at(key, value), options)

    def choice_at(self, key: str, value: Fraction, options: Sequence[Option]) -> Choice:
        """What is chosen among some of its options with another value."""
        board = self.again(key, value, options)
        return choose(board.situation, board.options, [amounts(o, board.volumes) for o in board.options])


def as_decimal(value: Fraction) -> Decimal:
    """A value as a situation holds it, to 30 digits."""
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(value.numerator) / value.denominator


def flip(varied: Varied, one: Assumption, at: Fraction, found: Choice, within: Fraction = Fraction(0)) -> Flip:
    """The flip at a value, beyond which that is chosen."""
    return Flip(
        assumption=one.key,
        now=varied.now(one.key),
        at=at,
        unit=one.unit,
        answer=found.name,
        reachable=True,
        low=one.low,
        high=one.high,
        within=within,
    )


def no_flip(varied: Varied, one: Assumption) -> Flip:
    """No allowed value changes the side."""
    return Flip(
        assumption=one.key,
        now=varied.now(one.key),
        at=None,
        unit=one.unit,
        answer=varied.choice.name,
        reachable=False,
        low=one.low,
        high=one.high,
    )
