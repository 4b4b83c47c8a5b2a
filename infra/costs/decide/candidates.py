"""A way to host, priced for any situation: what does not change from one to the next is priced once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final

from infra.costs.capacity import Capacity, ModelCapacity
from infra.costs.decide.remembered import Remembered, remembering
from infra.costs.decide.situation import Situation
from infra.costs.errors import PriceError
from infra.costs.estimate import Estimate
from infra.costs.machines import baseline_of, vcpus_of
from infra.costs.stack import Resource, Stack
from infra.costs.traffic import GROUP
from infra.costs.whatif import DISTRIBUTION, MIXED, ON_DEMAND, with_minimum, with_spot_share
from infra.costs.workload import Workload

PAGES_CHECKED: Final = date(2026, 11, 23)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A way to host: a stack under a name, priced for some workload; `decide` prices it for the situation."""

    name: str
    estimate: Estimate

    @cached_property
    def remembered(self) -> Remembered:
        """The estimate with a memory that all situations share."""
        return remembering(self.estimate)

    def priced(self, situation: Situation) -> Remembered:
        """The estimate for a situation; raises InputError for values that its stack cannot have."""
        stack = self.stack(situation.spot_share)
        return self.remembered.again(stack=stack, workload=self.workload(situation))

    def stack(self, spot_share: Decimal | None, *, to_zero: bool = False) -> Stack:
        """The stack with the purchase mix asked for, if it has one, and with no instance at the least (`to_zero`)."""
        key = (spot_share if self.is_mixed else None, to_zero)
        if key not in self._stacks:
            stack = self.estimate.stack if key[0] is None else with_spot_share(self.estimate.stack, Fraction(key[0]))
            self._stacks[key] = with_minimum(stack, 0) if to_zero else stack
        return self._stacks[key]

    @cached_property
    def is_mixed(self) -> bool:
        """Whether any of its groups has a purchase mix."""
        return any(len(group.inputs.object(MIXED)) for group in self.groups)

    @cached_property
    def _stacks(self) -> dict[tuple[Decimal | None, bool], Stack]:
        return {}

    def workload(self, situation: Situation) -> Workload:
        """The estimate's workload with what the situation says in place of its values."""
        found = workload_of(situation, self.estimate.workload)
        if not situation.rate_per_second and situation.rate_factor == 1:
            return found
        rates = {
            f.instance_type: f.rate_per_second
            for f in (self.estimate.capacity.figures if self.estimate.capacity else ())
        }
        rates |= dict(found.capacity)
        if situation.rate_per_second and self.instance_type not in rates:
            rates[self.instance_type] = situation.rate_per_second
        return replace(found, capacity=tuple((name, rate * situation.rate_factor) for name, rate in rates.items()))

    @cached_property
    def groups(self) -> tuple[Resource, ...]:
        """The autoscaling groups that the workload speaks for."""
        found = self.estimate.stack.of_type(GROUP)
        return tuple(group for group in found if group.component or self.estimate.everywhere)

    @cached_property
    def instance_type(self) -> str:
        """The type its first group prefers; empty where none is named in the group."""
        if self.estimate.groups:
            return self.estimate.groups[0].instance_type
        return next((name for group in self.groups for name in _types(group)), "")

    @cached_property
    def figure(self) -> Capacity | None:
        """What its capacity rests on; None where nobody measured, published or assumed any."""
        return self.estimate.capacity.of(self.instance_type) if self.estimate.capacity else None

    @cached_property
    def spot_share(self) -> Fraction:
        """Part of its instances above the on-demand base that is bought as spot; 0 without a purchase mix."""
        mixed = [group for group in self.groups if len(group.inputs.object(MIXED))]
        if not mixed:
            return Fraction(0)
        return 1 - Fraction(mixed[0].inputs.object(MIXED).object(DISTRIBUTION).number(ON_DEMAND, 100)) / 100

    @cached_property
    def least_instances(self) -> int:
        """Instances that run at any time, over its groups."""
        return sum(group.inputs.count("minSize", 0) for group in self.groups)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Where it is priced."""
        return tuple(sorted({item.resource.region for item in self.estimate.items if item.resource.region}))


def instance_types(stack: Stack) -> tuple[str, ...]:
    """The types that the stack's own groups may launch, the preferred one first."""
    groups = (group for group in stack.of_type(GROUP) if group.component)
    return tuple(dict.fromkeys(name for group in groups for name in _types(group)))


def _types(group: Resource) -> Iterator[str]:
    for override in group.inputs.object(MIXED).object("launchTemplate").objects("overrides"):
        yield override.text("instanceType")


def workload_of(situation: Situation, base: Workload) -> Workload:
    """A workload with what the situation says in place of its values."""
    return replace(
        base,
        volume=replace(
            base.volume,
            per_month=situation.volume_per_month,
            unit=situation.unit,
            peak_to_average=situation.peak_to_average,
            hours_open_per_day=situation.hours_open_per_day,
        ),
        serving=replace(base.serving, utilisation=situation.utilisation),
        people=replace(
            base.people,
            engineers=situation.engineers,
            share=situation.people_share,
            api_share=situation.api_share,
            region=situation.salary_region,
            salary_per_year=situation.salary_per_year,
        ),
        ownership=replace(
            base.ownership,
            growth_per_month=situation.growth_per_month,
            burst_hours_per_day=situation.burst_hours_per_day,
            idle_share=situation.idle_share,
            support_per_month=situation.support_per_month,
            fine_tunings_per_year=situation.fine_tunings_per_year,
            labelled_examples=situation.labelled_examples,
        ),
    )


def reading_capacity(stack: Stack, workload: Workload) -> ModelCapacity | None:
    """Pages a second that the document pipeline reads on a stack's instances, all vCPUs at work; None: not known."""
    seconds = workload.documents.vcpu_seconds_per_scan
    figures = []
    for name in instance_types(stack):
        try:
            vcpus = Fraction(vcpus_of(name)) * baseline_of(name)
        except PriceError:
            continue
        rate = vcpus / Fraction(seconds) if seconds else Fraction(0)
        if rate:
            figures.append(
                Capacity(
                    instance_type=name,
                    rate_per_second=Decimal(rate.numerator) / rate.denominator,
                    kind="assumed",
                    source=f"vCPUs that may be busy all the time over documents.vcpu_seconds_per_scan {seconds}",
                    checked=PAGES_CHECKED,
                )
            )
    return ModelCapacity(model="document pipeline", unit="pages", figures=tuple(figures)) if figures else None
