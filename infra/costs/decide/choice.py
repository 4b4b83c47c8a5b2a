"""Which option is taken: the cheapest of those that the hard rules, capacity and the budget leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from infra.costs.decide.answer import SIDES, Block, Name, Side
from infra.costs.decide.options import Amounts, Option
from infra.costs.decide.situation import Situation

CHEAPEST: Final = "cheapest"
WITHIN_BUDGET: Final = "within-budget"
ONLY: Final = "only-option"
NOTHING: Final = "nothing-feasible"
HOSTED: Final[Mapping[str, Name]] = {
    "self-hosted": "host",
    "fallback": "host-with-fallback",
    "scale-to-zero": "scale-to-zero",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is taken, under which name, by which rule; and the cheapest of either side that could be (None: none)."""

    option: Option | None
    name: Name
    rule: str
    api: Option | None
    host: Option | None

    @property
    def side(self) -> Side:
        """The side it is on."""
        return SIDES[self.name]


def choose(situation: Situation, options: Sequence[Option], costs: Sequence[Amounts]) -> Choice:
    """Choose among options that cost so much, one amount for each; the order is that of the board."""
    left = [(o, c) for o, c in zip(options, costs, strict=True) if not o.blocks and allowed(c, situation)]
    api, host = (_cheapest(left, side) for side in ("api", "host"))
    taken, rule = _taken(situation, api, host)
    option = taken[0] if taken else None
    return Choice(
        option=option,
        name=_name(situation, option),
        rule=rule,
        api=api[0] if api else None,
        host=host[0] if host else None,
    )


def allowed(costs: Amounts, situation: Situation) -> bool:
    """Whether every month can be answered, within the budget where there is one."""
    if costs.total is None or costs.dearest is None:
        return False
    return not situation.budget_per_month or costs.dearest <= Fraction(situation.budget_per_month)


def too_much(option: Option, costs: Amounts, situation: Situation, volumes: Sequence[Fraction]) -> tuple[Block, ...]:
    """Why an option cannot be taken at these volumes: capacity, budget."""
    limit = option.scenario.limit
    if costs.total is None and limit and not option.scenario.impossible:
        month = next((n for n, v in enumerate(volumes) if v > limit.volume), 0)
        when = "" if not month else f"from month {month + 1} on, "
        return (Block(rule="capacity", reason=f"{when}above {float(limit.volume):,.0f} a month: {limit.reason}"),)
    budget: Decimal = situation.budget_per_month
    if budget and costs.dearest is not None and costs.dearest > Fraction(budget):
        return (Block(rule="budget", reason=f"{float(costs.dearest):,.2f} USD a month, {budget:,} may be spent"),)
    return ()


Priced = tuple[Option, Amounts]


def _cheapest(left: Sequence[Priced], side: Side) -> Priced | None:
    rows = [row for row in left if row[0].side == side]
    return min(rows, key=_total) if rows else None


def _total(row: Priced) -> Fraction:
    return row[1].total or Fraction(0)


def _taken(situation: Situation, api: Priced | None, host: Priced | None) -> tuple[Priced | None, str]:
    if api is None or host is None:
        return api or host, ONLY if api or host else NOTHING
    if _total(api) <= _total(host):
        return api, CHEAPEST
    if situation.tried == "works" and situation.budget_per_month:
        # The API is among what the budget leaves: it does the job within it.
        return api, WITHIN_BUDGET
    return host, CHEAPEST


def _name(situation: Situation, option: Option | None) -> Name:
    if option is None:
        return "neither"
    if option.side == "host":
        return HOSTED[option.key]
    return "api-first" if situation.tried == "untried" else "api"
