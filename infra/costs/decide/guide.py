"""The article's guide as rules: each says what it found in this situation, with its number, and for whom it speaks."""

from collections.abc import Callable, Iterator
from typing import Final

from infra.costs.decide import guide_costs, guide_service
from infra.costs.decide.answer import Reason, Step
from infra.costs.decide.found import Found


def hard_rules(found: Found) -> Iterator[Reason]:
    """What forbids a side altogether."""
    for side in ("api", "host"):
        options = [o for o in found.board.options if o.side == side]
        if options and all(o.blocks for o in options):
            for block in dict.fromkeys(o.blocks[0] for o in options if o.key in ("api", "self-hosted")):
                other = "" if found.choice.side == "neither" else "host" if side == "api" else "api"
                yield Reason(rule=block.rule, text=block.reason, side=other, decides=found.choice.rule != "cheapest")


Rule = Callable[[Found], Iterator[Reason]]
GUIDE: Final[tuple[Rule, ...]] = (
    guide_costs.total_cost_with_people,
    hard_rules,
    guide_costs.high_volume,
    guide_costs.try_api_first,
    guide_costs.within_budget,
    guide_costs.too_expensive,
    guide_service.ladder,
    guide_service.fine_tuning,
    guide_service.main_business,
    guide_service.support,
    guide_service.security,
    guide_service.privacy,
    guide_costs.quotas,
    guide_costs.scaling,
)
"""Every rule, in the order in which they are told."""


def reasons_of(found: Found) -> tuple[Reason, ...]:
    """What every rule has to say; the deciding ones first."""
    said = [reason for rule in GUIDE for reason in rule(found)]
    return tuple(sorted(said, key=lambda reason: not reason.decides))


def next_steps(found: Found) -> tuple[Step, ...]:
    """What to do next, in order."""
    steps: list[Step] = []
    rung = guide_service.LADDER.get(found.situation.tried)
    if found.situation.tried == "untried" and found.choice.api is not None:
        steps.append("try-api")
    if rung:
        steps.append(rung[0])
    if found.situation.tried == "too-expensive" and found.choice.side == "api":
        steps.append("negotiate")
    return tuple(steps)
