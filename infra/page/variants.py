"""A stack priced at every position of the spot slider: on-demand instances are whole, so cost is no line in it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from infra.costs.estimate import Estimate
from infra.costs.stack import Stack, Unreadable
from infra.costs.traffic import GROUP
from infra.costs.whatif import DISTRIBUTION, MIXED, ON_DEMAND, with_spot_share

STEPS: Final = (5, 25, 100)
"""Per cent between two positions: the finest whose curves the page can hold."""
MOST_PIECES: Final = 6_000


@dataclass(frozen=True, kw_only=True)
class SpotVariants:
    """`estimates` at spot shares of `percents` (None: the stack's own, where its groups differ); `own` is the index
    of the stack as it is. `off` says why there is nothing to choose; empty when there is.
    """

    percents: tuple[Fraction | None, ...]
    estimates: tuple[Estimate, ...]
    own: int = 0
    off: str = ""


def spot_variants(own: Estimate) -> SpotVariants:
    """The stack of an estimate as it is, and priced again at shares from 0 to 100 per cent."""
    share, off = _share(own.stack)
    if share is None or off:
        return SpotVariants(percents=(share,), estimates=(own,), off=off)
    pieces = len(own.curve("expected").pieces)
    step = next((s for s in STEPS if pieces * (100 // s + 1) <= MOST_PIECES), None)
    if step is None:
        return SpotVariants(percents=(share,), estimates=(own,), off="the group is too large; use --spot-share")
    bought = {Fraction(p): own.again(stack=with_spot_share(own.stack, Fraction(p, 100))) for p in range(0, 101, step)}
    bought[share] = own
    percents = tuple(sorted(bought))
    return SpotVariants(
        percents=percents, estimates=tuple(bought[percent] for percent in percents), own=percents.index(share)
    )


def _share(stack: Stack) -> tuple[Fraction | None, str]:
    """Per cent bought as spot above the on-demand base by the groups of a stack, and why it cannot be chosen."""
    try:
        groups = [group for group in stack.of_type(GROUP) if len(group.inputs.object(MIXED))]
        bought = [group.inputs.object(MIXED).object(DISTRIBUTION).number(ON_DEMAND, 100) for group in groups]
    except Unreadable as error:
        return None, str(error)
    if not bought:
        return None, "the stack has no group with a purchase mix"
    if len(set(bought)) > 1:
        return None, "its groups buy different shares; --spot-share gives them one"
    return 100 - Fraction(bought[0]), ""
