"""Everything a rule of the guide may look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from infra.costs.decide.answer import Range
from infra.costs.decide.board import Board
from infra.costs.decide.choice import Choice
from infra.costs.decide.options import Amounts, Option
from infra.costs.decide.situation import Situation

ZERO: Final = Fraction(0)
NO_FIGURE: Final = ("capacity-known", "priced", "possible")
"""Hard rules after which an option's cost means nothing."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything a rule may look at."""

    board: Board
    choice: Choice
    costs: Sequence[Amounts]
    ranges: Sequence[Range]

    @property
    def situation(self) -> Situation:
        """The situation."""
        return self.board.situation

    def cost(self, option: Option) -> Amounts:
        """What an option of the board costs."""
        return next(c for o, c in zip(self.board.options, self.costs, strict=True) if o is option)

    def cheapest(self, side: str) -> tuple[Option, Amounts] | None:
        """The cheapest option of a side whose total is known, forbidden or not."""
        pairs = zip(self.board.options, self.costs, strict=True)
        rows = [(o, c) for o, c in pairs if o.side == side and c.total is not None and not _unpriced(o)]
        return min(rows, key=lambda row: row[1].total or ZERO) if rows else None


def _unpriced(option: Option) -> bool:
    return any(block.rule in NO_FIGURE for block in option.blocks)
