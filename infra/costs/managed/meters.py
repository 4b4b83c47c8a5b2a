"""What an API counts and what it charges for it: one meter, as a curve of monthly volume."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final

from infra.costs.curves import Curve, Piece
from infra.costs.managed.rules import EACH_MONTH, RULES
from infra.costs.prices import Tier
from infra.costs.workload import Workload

MOST_STEPS: Final = 1_000
"""Inference units up to which each is a step of its own; above, a line that meets each step where it is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Inference units that are charged while they run, used or not, in the hours in which requests come.

    One answers `per_second` of what the meter's rule counts; each `seconds_billed` of one is a unit of charge.
    """

    per_second: Decimal
    seconds_billed: Decimal
    mark: str = ""

    def units(self, workload: Workload, each: Fraction) -> Curve:
        """Inference units that the busiest minute needs, one at least; `each`: what one unit of volume counts for."""
        if not each or not workload.open_hours:
            return Curve.constant(1)
        peak = Fraction(workload.volume.peak_to_average)
        every = Fraction(self.per_second) * workload.open_seconds / (each * peak)
        wanted = ceil(Fraction(workload.volume.per_month) / every)
        most = max(MOST_STEPS, min(2 * wanted, 10 * MOST_STEPS))
        steps = Curve.steps(every, 1, most)
        return Curve(steps.at_zero, (*steps.pieces, Piece(every * most, Fraction(0), 1 / every)))

    def charged(self, workload: Workload, each: Fraction) -> Curve:
        """Units of charge a month."""
        return self.units(workload, each) * (workload.open_seconds / Fraction(self.seconds_billed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One thing an API counts: by which rule, at what price in which tiers, how much of it is free."""

    name: str
    rule: str
    unit_of_charge: str
    tiers: tuple[Tier, ...]
    free: Decimal = Decimal(0)
    free_always: bool = False
    endpoint: Endpoint | None = None

    def each(self, workload: Workload) -> Fraction:
        """What one unit of volume counts for; 0 for what is charged by the month."""
        return Fraction(0) if self.rule == EACH_MONTH else RULES[self.rule](workload.request)

    def quantity(self, workload: Workload) -> Curve:
        """Units of charge a month over volume."""
        if self.rule == EACH_MONTH:
            return Curve.constant(1)
        each = self.each(workload)
        return self.endpoint.charged(workload, each) if self.endpoint else Curve.linear(each)

    def curve(self, workload: Workload, tier: int | None = None) -> Curve:
        """USD a month over volume. With `tier` (-1: the cheapest) that tier's price for every unit, nothing free."""
        return self.cost(self.quantity(workload), free_tiers=workload.billing.free_tiers, tier=tier)

    def cost(self, charged: Curve, *, free_tiers: bool, tier: int | None = None) -> Curve:
        """USD a month for a quantity of units of charge; `tier` as in `curve`."""
        if tier is not None:
            return charged * self.tiers[tier].amount
        cost, start = Curve.constant(0), Decimal(0)
        for step in self.tiers:
            # One tier without end: the quantity itself, which keeps what may be many steps from being clamped.
            part = charged if step.up_to is None and not start else charged.tier(start, step.up_to)
            cost += part * step.amount
            start = step.up_to or start
        if self.free and (self.free_always or free_tiers):
            cost -= charged.tier(0, self.free) * self.tiers[0].amount
        return cost
