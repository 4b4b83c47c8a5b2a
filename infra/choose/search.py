"""The search: every combination priced with the engine that prices stacks, the best first. Nothing is skipped.

The program runs once for each shape; instance type, purchase and bounds are changed in what it asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from infra.choose.base import Base
from infra.choose.pricing import Priced, Prices
from infra.choose.space import (
    MOST_A_SECOND,
    MOST_INSTANCES,
    image_settings,
    purchases,
    reserved,
    same_image,
    shapes,
    throttle,
)
from infra.choose.types import Answer, Found, Goal, Latency, Option, Purchase, RuledOut, Shape
from infra.costs.capacity import Capacity
from infra.costs.errors import PriceError
from infra.costs.machines import instance_types
from infra.costs.stack import Stack
from infra.costs.usage import TRANSFER
from infra.record import StackConfig, record_config
from infra.settings_values import SettingsError


def cheapest(base: Base, goal: Goal) -> Answer:
    """Price every option that can hold the goal; raises InputError where the stack is one that cannot be varied."""
    search = _Search(base, goal)
    for shape in shapes(goal):
        search.try_shape(shape)
    found = sorted(search.found, key=_rank)
    return Answer(
        goal=goal,
        region=base.config.region,
        model=base.model,
        unit=base.workload.volume.unit,
        per_month=base.workload.volume.per_month,
        peak_per_second=base.demand.peak_per_second,
        people_monthly=Fraction(base.workload.people.per_month),
        found=tuple(found),
        ruled_out=search.ruled_out(),
        not_considered=tuple(sorted(set(instance_types()) - set(base.types))),
        notes=(*base.notes, *search.idle_usage(), *(search.notes_on(found[0]) if found else ())),
        searched=search.searched,
        shapes=search.shapes,
    )


def option_for(base: Base, goal: Goal, shape: Shape, instance_type: str, purchase: Purchase) -> Option:
    """The option of a shape, type and purchase: bounds from the workload, image from the type."""
    rate, needed = base.rate(instance_type), base.demand.needed(base.rate(instance_type))
    minimum = max(goal.zones, purchase.reservation.count if purchase.reservation else 1)
    maximum = max(base.demand.at_peak(rate), needed, minimum)
    return Option(
        shape=shape,
        instance_type=instance_type,
        purchase=purchase,
        minimum=minimum,
        maximum=maximum,
        settings={
            "instanceTypes": [instance_type],
            **_image(base, instance_type),
            "minSize": minimum,
            "maxSize": maximum,
            "onDemandBase": purchase.base,
            "onDemandPercentAboveBase": purchase.on_demand_percent,
            "zones": shape.zones,
            "entry": shape.entry,
            "balancer": shape.balancer,
            "egress": shape.egress,
            **_rest(base, goal, instance_type),
        },
    )


def _image(base: Base, instance_type: str) -> Mapping[str, object]:
    """The stack's own image where it serves the type too, else the one for the type."""
    if same_image(base.settings.fleet.instance_types[0], instance_type):
        return {}
    return image_settings(instance_type)


def _rest(base: Base, goal: Goal, instance_type: str) -> Mapping[str, object]:
    """Settings that follow: a throttle above the peak, the objective, and nothing that moves the bounds by itself."""
    settings, gateway = base.settings, base.settings.gateway
    found = dict(throttle(base.demand, gateway.throttle_rate_per_second, gateway.throttle_burst))
    if goal.latency_ms is not None:
        found["latencyObjectiveMs"] = int(goal.latency_ms)
    if settings.fleet.schedules:
        found["schedules"] = []
    if settings.scaling.scale_to_zero:
        found["scaleToZero"] = False
    if base.figure(instance_type) is None and not settings.scaling.target_requests_per_minute:
        held = base.rate(instance_type) * 60 * settings.scaling.target_utilisation_percent / 100
        found["targetRequestsPerMinute"] = max(int(held), 1)
    return found


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    instance_type: str
    rate: Fraction
    figure: Capacity | None
    latency: Latency


class _Search:
    """Goes through the shapes once and keeps what it found and why it left out what."""

    def __init__(self, base: Base, goal: Goal) -> None:
        self.base, self.goal = base, goal
        self.found: list[Found] = []
        self.searched = self.shapes = 0
        self._prices = Prices(base=base)
        self._names = {TRANSFER}
        self._ruled: dict[RuledOut, int] = {}
        self._candidates = list(self._able())
        self._rule_out_ways()

    def ruled_out(self) -> tuple[RuledOut, ...]:
        """What was left out, that which took most options first."""
        counted = [replace(row, options=count) for row, count in self._ruled.items()]
        return tuple(sorted(counted, key=lambda row: (-row.options, row.what, row.reason)))

    def notes_on(self, found: Found) -> tuple[str, ...]:
        """What the settings warn of, and prices it rests on that have no public source."""
        marked = f"prices without a public source: {', '.join(found.marks)}"
        reserved_ = "in the high case the instances above those reserved count at the reserved price"
        bought = found.option.purchase
        doubts = [marked] if found.marks else []
        doubts += [reserved_] if bought.reservation and bought.on_demand_percent else []
        return (*doubts, *self._config(found.option).settings().warnings)

    def idle_usage(self) -> Iterator[str]:
        """Usage that was stated for a resource which no option has."""
        for name in self.base.usage.tables:
            if self.shapes and name not in self._names:
                yield f"{self.base.usage.source} [{name}]: no option has such a resource, so it changes nothing"

    def try_shape(self, shape: Shape) -> None:
        """Price every option of a shape; the program runs once, with the first type that the settings allow."""
        stack: Stack | None = None
        for candidate in self._candidates:
            bought = list(self._purchases(candidate))
            self.searched += len(bought)
            choices = [option_for(self.base, self.goal, shape, candidate.instance_type, one) for one in bought]
            config = self._config(choices[0])
            try:
                config.settings()
            except SettingsError as error:
                reason = f"{error.thing}: {error.reason}"
                self._rule_out(f"entry {shape.entry_words}", reason, error.action, options=len(choices))
                continue
            if stack is None:
                stack = record_config(config).as_stack()
                self.shapes += 1
                self._names |= {resource.name for resource in stack}
            for option in choices:
                self._judge(option, candidate, self._prices.of(stack, option))

    def _able(self) -> Iterator[_Candidate]:
        """The types whose capacity is known, less those that cannot hold what is asked whatever is bought."""
        for name in self.base.types:
            rate, figure = self.base.rate(name), self.base.figure(name)
            latency = _latency(figure, self.goal.latency_ms)
            needed = self.base.demand.at_peak(rate)
            if figure and latency is None:
                at = f" at {figure.latency_at}" if figure.latency_at else ""
                reason = f"p99 of {figure.p99_ms} ms{at} is above {self.goal.latency_ms} ms"
                self._rule_out(name, reason, "allow more, or use a larger type", options=0)
            elif name not in instance_types():
                self._rule_out(name, "its architecture and GPU are not known", "mend its name", options=0)
            elif needed > MOST_INSTANCES:
                reason = f"{needed:,} needed at the peak, {MOST_INSTANCES:,} are the most in a group"
                self._rule_out(name, reason, "use a larger type", options=0)
            else:
                yield _Candidate(instance_type=name, rate=rate, figure=figure, latency=latency or "not known")

    def _rule_out_ways(self) -> None:
        asked = self.base.demand.peak_requests_per_second
        if asked > MOST_A_SECOND:
            reason = (
                f"{float(asked):,.0f} requests a second at the peak, {MOST_A_SECOND:,} are the most one lets through"
            )
            self._rule_out("every entry", reason, "send several units in a request ([request] units)", options=0)
            self._candidates = []
        if self.goal.zones > 1 and "nat" in self.goal.egresses:
            self._rule_out(
                "egress nat", f"one gateway in one zone, and {self.goal.zones} zones are asked for", options=0
            )

    def _purchases(self, candidate: _Candidate) -> Iterator[Purchase]:
        demand = self.base.demand
        needed = max(demand.needed(candidate.rate), self.goal.zones)
        yield from purchases(self.goal, max(demand.at_peak(candidate.rate), needed))
        if not self.goal.terms:
            return
        region = self.base.book.region(self.base.config.region)
        offered = tuple(reserved(self.goal, region, candidate.instance_type, needed))
        if not offered:
            what = f"reserved {candidate.instance_type}"
            self._rule_out(what, f"no reservation price in {region.name}", "give one in --prices", options=0)
        yield from offered

    def _judge(self, option: Option, candidate: _Candidate, priced: Priced) -> None:
        """Keep an option that is wholly priced and holds the peak; a missing price is never 0."""
        region = self.base.config.region
        for reason, code in priced.unpriced.items():
            action = f"breakeven prices refresh --region {region}" if code == PriceError.exit_code else ""
            self._rule_out(region, reason.split("; ", 1)[0], action, code=code)
        if priced.unpriced:
            return
        if priced.limit and priced.limit.volume < self.base.workload.volume.per_month:
            self._rule_out(option.instance_type, priced.limit.reason, "raise maxSize")
            return
        self.found.append(
            Found(
                option=option,
                monthly=priced.monthly,
                parts={name: part.expected for name, part in priced.parts.items()},
                rate_per_second=candidate.rate,
                capacity=candidate.figure,
                latency=candidate.latency,
                marks=priced.marks,
            )
        )

    def _config(self, option: Option) -> StackConfig:
        project = self.base.config.project
        return self.base.config.with_overrides({f"{project}:{key}": value for key, value in option.settings.items()})

    def _rule_out(self, what: str, reason: str, action: str = "", *, options: int = 1, code: int = 3) -> None:
        row = RuledOut(what=what, reason=reason, action=action, code=code)
        self._ruled[row] = self._ruled.get(row, 0) + options


def _latency(figure: Capacity | None, goal_ms: Decimal | None) -> Latency | None:
    """Whether the goal is met; None where it is known not to be."""
    if goal_ms is None:
        return "not asked"
    if figure is None or figure.p99_ms is None:
        return "not known"
    return "met" if figure.p99_ms <= goal_ms else None


def _rank(found: Found) -> tuple[object, ...]:
    """The cheapest first, but what may miss the latency goal last; among equals the least spot, the smaller bill."""
    option, monthly = found.option, found.monthly
    late = found.latency == "not known"
    return (late, monthly.expected, monthly.high, option.purchase.spot_share, option.purchase.base, option.words)
