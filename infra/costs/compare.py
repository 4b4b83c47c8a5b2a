"""Self-hosting against managed APIs: who is cheaper at which volume, exactly."""

from dataclasses import dataclass
from fractions import Fraction

from infra.costs.curves import Curve, Limit
from infra.costs.estimate import Estimate
from infra.costs.managed import ManagedApi, offers_for
from infra.costs.signs import Span, changes, signs


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """Where the cheaper side changes, and the ranges in which each wins; `limit` is where self-hosting ends."""

    spans: tuple[Span, ...]
    limit: Limit | None

    @property
    def volumes(self) -> tuple[Fraction, ...]:
        """Every volume at which the cheaper side changes; at a step of ours, the last volume before it."""
        return changes(self.spans)

    @property
    def self_hosted_wins(self) -> tuple[tuple[Fraction, Fraction | None], ...]:
        """Ranges (above, up to; None: without end) in which self-hosting costs less."""
        return tuple((s.start, s.end) for s in self.spans if s.sign < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One managed API beside the stack: its cost at the workload's volume, the break-even with and without people."""

    api: ManagedApi
    curve: Curve
    monthly: Fraction
    with_people: BreakEven
    without_people: BreakEven


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The expected cost of self-hosting with and without people, and every offer beside it."""

    self_hosted: Curve
    infrastructure: Curve
    people: Fraction
    offers: tuple[Offer, ...]


def compare(estimate: Estimate) -> Comparison:
    """Compare an estimate's expected case with the managed APIs of its workload."""
    workload = estimate.workload
    infrastructure = estimate.curve("expected")
    people = Fraction(workload.people.per_month)
    self_hosted = infrastructure + people
    offers = []
    for api in offers_for(workload):
        curve = api.curve(workload)
        offers.append(
            Offer(
                api=api,
                curve=curve,
                monthly=curve.at(estimate.volume),
                with_people=break_even(self_hosted, curve),
                without_people=break_even(infrastructure, curve),
            )
        )
    return Comparison(self_hosted=self_hosted, infrastructure=infrastructure, people=people, offers=tuple(offers))


def break_even(self_hosted: Curve, api: Curve) -> BreakEven:
    """Where two curves change places."""
    return BreakEven(spans=signs(self_hosted, api), limit=self_hosted.limit)
