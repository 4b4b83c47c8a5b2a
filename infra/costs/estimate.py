"""A stack's monthly cost: every resource priced, free or unpriced, never left out."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeVar

from infra.costs.accountwide import free_tier, transfer
from infra.costs.capacity import ModelCapacity
from infra.costs.curves import Curve
from infra.costs.errors import InputError, PriceError
from infra.costs.items import CASES, Case, Cases, LineItem, Outcome, Quantity, Reason, fixed
from infra.costs.prices import NO_PRICE, PriceBook
from infra.costs.pricing import FREE, PRICERS, Pricer, Pricing
from infra.costs.simulated import SimulatedUse, checked, still_true
from infra.costs.stack import Resource, Stack, Unreadable
from infra.costs.traffic import GROUP, PlannedGroup, StackTraffic
from infra.costs.usage import TRANSFER, Usage
from infra.costs.workload import Workload

CURRENCY: Final = "USD"
DEFAULT_REGION: Final = "us-east-1"
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stack costs a month: lines as curves of volume, and what is free or could not be priced."""

    stack: Stack
    workload: Workload
    items: tuple[LineItem, ...]
    free: tuple[Reason, ...]
    unpriced: tuple[Reason, ...]
    notes: tuple[str, ...]
    uses_traffic: bool
    usage: Usage
    book: PriceBook
    everywhere: bool
    region: str
    groups: tuple[PlannedGroup, ...] = ()
    capacity: ModelCapacity | None = None
    simulated: Mapping[str, SimulatedUse] = field(default_factory=dict)

    def again(
        self,
        *,
        stack: Stack | None = None,
        workload: Workload | None = None,
        planned_part: Fraction | None = None,
        steady: dict[str, Outcome] | None = None,
        simulated: Mapping[str, SimulatedUse] | None = None,
    ) -> "Estimate":
        """The same estimate of another stack or workload; the others as in `estimate`.

        What is simulated stays, but for groups that the other stack sizes or buys otherwise.
        """
        kept = still_true(self.simulated, self.stack, stack or self.stack, GROUP)
        return estimate(
            stack or self.stack,
            workload=workload or self.workload,
            usage=self.usage,
            book=self.book,
            capacity=self.capacity,
            everywhere=self.everywhere,
            region=self.region,
            planned_part=planned_part,
            steady=steady,
            simulated=kept if simulated is None else simulated,
        )

    @property
    def volume(self) -> Decimal:
        """Units a month at which figures are given."""
        return self.workload.volume.per_month

    def curve(self, case: Case) -> Curve:
        """USD a month as a curve of volume."""
        costs = (item.cost_in(case) for item in self.items)
        return Curve.total(cost for cost in costs if cost is not None)

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of this estimate; one that remembers makes it once for a key."""
        return make()

    def monthly(self, case: Case) -> Fraction:
        """USD a month at the workload's volume; past a group's maximum the cost of that maximum."""
        return sum((self.of_item(item, case) or Fraction(0) for item in self.items), Fraction(0))

    def of_item(self, item: LineItem, case: Case) -> Fraction | None:
        """USD a month of one line at the workload's volume; None where it depends on usage nobody stated."""
        if item.quantity is None:
            return None
        return item.quantity[case].unlimited_at(self.volume) * Fraction(item.unit_price(case))


def estimate(
    stack: Stack,
    *,
    workload: Workload | None = None,
    usage: Usage | None = None,
    book: PriceBook | None = None,
    capacity: ModelCapacity | None = None,
    everywhere: bool = False,
    region: str = "",
    planned_part: Fraction | None = None,
    steady: dict[str, Outcome] | None = None,
    simulated: Mapping[str, SimulatedUse] | None = None,
) -> Estimate:
    """Price a stack.

    The workload speaks for resources of this project's own components; with `everywhere` also for autoscaling groups
    of any other stack (the traffic is then that group's). `region` is used where the stack names none;
    `planned_part` as in StackTraffic.
    `steady` is filled, by URN, with what other shapes of the volume and sizes of the groups leave as it is, and what is
    in it is not priced again: for one stack, usage and book, and workloads that are alike but in those.
    `simulated`, by the name of an autoscaling group (of any stack), takes the place of the average rule in the
    expected case; it is not used where the usage file states the group's instances.
    Raises InputError for an empty stack, values that cannot be, and usage or simulations that fit nothing.
    """
    stated, prices = usage or Usage(), book or PriceBook()
    known = workload or Workload()
    stated.check(stack)
    if not any(not r.type.startswith("pulumi:") for r in stack) and TRANSFER not in stated.tables:
        raise InputError(stack.name or "stack", "it has no resources", "deploy or preview a program that creates some")
    worker = _Worker(stack, known, stated, prices, region or DEFAULT_REGION)
    found = checked(simulated or {}, stack.of_type(GROUP))
    worker.traffic = StackTraffic(
        workload=known, stack=stack, capacity=capacity, planned_part=planned_part, simulated=found
    )
    worker.everywhere = everywhere
    worker.steady = {} if steady is None else steady
    worker.price_all()
    worker.add(transfer(stack, stated, prices, worker.region))
    items = worker.items
    if known.billing.free_tiers:
        items += list(free_tier(items))
    return Estimate(
        stack=stack,
        workload=known,
        items=tuple(items),
        free=tuple(worker.free),
        unpriced=tuple(worker.unpriced),
        notes=tuple(dict.fromkeys((*worker.notes, *_other_unit(known, capacity, worker.traffic)))),
        uses_traffic=everywhere or bool(found) or any(r.component for r in stack),
        usage=stated,
        book=prices,
        everywhere=everywhere,
        region=region,
        groups=tuple(worker.traffic.groups),
        capacity=capacity,
        simulated=found,
    )


def _other_unit(workload: Workload, capacity: ModelCapacity | None, traffic: StackTraffic) -> Iterable[str]:
    """What to say where the model's figures count something else than the workload."""
    unit = workload.volume.unit
    if capacity and traffic.groups and capacity.unit != unit and not workload.capacity:
        yield f"the capacity of {capacity.model} counts {capacity.unit}, volume.unit is {unit}: taken one for one"


class _Worker:
    """Goes through a stack once, groups first: other lines depend on how many instances there are."""

    def __init__(self, stack: Stack, workload: Workload, usage: Usage, book: PriceBook, region: str) -> None:
        self.stack, self.workload, self.usage, self.book, self.region = stack, workload, usage, book, region
        self.traffic: StackTraffic
        self.everywhere = False
        self.steady: dict[str, Outcome] = {}
        self.items: list[LineItem] = []
        self.free: list[Reason] = []
        self.unpriced: list[Reason] = []
        self.notes: list[str] = []

    def price_all(self) -> None:
        """Price every resource, in the stack's order within groups and the rest."""
        groups = self.stack.of_type(GROUP)
        for group in groups:
            self.add(self._price(group))
        self.traffic.average = self._instances(r for r in groups if r.component)
        for resource in self.stack:
            if resource.type != GROUP and not resource.type.startswith("pulumi:"):
                self.add(self.steady.get(resource.urn) or self._steadied(resource))

    def add(self, outcome: Outcome) -> None:
        """Keep what pricing something came to."""
        self.items += outcome.items
        self.free += outcome.free
        self.unpriced += outcome.unpriced
        self.notes += outcome.notes

    def _steadied(self, resource: Resource) -> Outcome:
        """A resource priced, and kept where neither the shape of the volume nor the instances have a say in it."""
        self.traffic.varies = False
        outcome = self._price(resource)
        if not self.traffic.varies:
            self.steady[resource.urn] = outcome
        return outcome

    def _price(self, resource: Resource) -> Outcome:
        reason = self._why_free(resource)
        if reason:
            return Outcome(free=(Reason(resource=resource, reason=reason),))
        pricer = PRICERS.get(resource.type)
        if pricer is None:
            return Outcome(unpriced=(Reason(resource=resource, reason=_unknown(resource), exit_code=6),))
        pricing = self._pricing(resource, pricer.usage)
        lines, problems = _priced(resource, pricer, pricing)
        part = "in part: " if lines else ""
        unpriced = tuple(Reason(resource=resource, reason=f"{part}{p}", exit_code=p.exit_code) for p in problems)
        if not problems and all(line.quantity is not None and _always_nothing(line) for line in lines):
            why = next((line.basis for line in lines if line.basis), "") or "nothing in it is billed"
            return Outcome(free=(Reason(resource=resource, reason=why),), notes=tuple(pricing.notes))
        kept = (line for line in lines if line.quantity is None or not _is_nothing(line.quantity))
        return Outcome(items=tuple(kept), unpriced=unpriced, notes=tuple(pricing.notes))

    def _why_free(self, resource: Resource) -> str:
        if resource.external:
            return "read from outside, not managed by this stack"
        if not resource.custom:
            return "a component: groups others, creates nothing itself"
        return FREE.get(resource.type, "")

    def _pricing(self, resource: Resource, keys: Iterable[str]) -> Pricing:
        region = resource.region or self.region
        notes = [] if resource.region else [f"no region is named in the stack: {region} assumed (--region)"]
        grouped = resource.type == GROUP and (self.everywhere or resource.name in self.traffic.simulated)
        return Pricing(
            resource=resource,
            stack=self.stack,
            book=self.book,
            region=self.book.region(region),
            usage=self.usage.of(resource.name, keys),
            traffic=self.traffic if resource.component or grouped else None,
            hours=self.workload.volume.hours_per_month,
            notes=notes,
        )

    def _instances(self, groups: Iterable[Resource]) -> Quantity:
        """Average instances over the month of our groups, from the hours that were priced."""
        names = {r.urn for r in groups}
        hours = [
            i.quantity
            for i in self.items
            if i.resource.urn in names and i.label.startswith("Instance usage") and i.quantity is not None
        ]
        per_month = self.workload.volume.hours_per_month
        if not hours:
            return fixed(0)
        return Cases(*(Curve.total(quantity[case] for quantity in hours) / per_month for case in CASES))


def _priced(
    resource: Resource, pricer: Pricer, pricing: Pricing
) -> tuple[list[LineItem], tuple[PriceError | Unreadable, ...]]:
    """The lines of a resource as far as they can be priced, and what stands in the way of the others."""
    lines: list[LineItem] = []
    stopped: tuple[PriceError | Unreadable, ...] = ()
    try:
        # One by one: what came before a problem stands.
        for line in pricer.price(resource, pricing):
            lines.append(line)
    except (PriceError, Unreadable) as error:
        stopped = (error,)
    kept = [line for line in lines if line.price is not NO_PRICE]
    return kept, tuple({str(p): p for p in (*pricing.problems, *stopped)}.values())


def _unknown(resource: Resource) -> str:
    if resource.type.startswith("aws:"):
        return "no pricer for this type; what it costs is not in these totals"
    return "not an AWS resource; what it costs is not in these totals"


def _always_nothing(line: LineItem) -> bool:
    return not line.price.amount or (line.quantity is not None and _is_nothing(line.quantity))


def _is_nothing(quantity: Quantity) -> bool:
    return all(quantity[case].is_zero for case in CASES)


def shares(estimate_: Estimate) -> Mapping[str, Cases[Fraction]]:
    """USD a month by component (or by AWS service outside our components), largest expected first."""
    sums: dict[str, dict[Case, Fraction]] = {}
    for item in estimate_.items:
        if item.quantity is None:
            continue
        row = sums.setdefault(part_of(item.resource), dict.fromkeys(CASES, Fraction(0)))
        for case in CASES:
            row[case] += estimate_.of_item(item, case) or Fraction(0)
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1]["expected"], -pair[1]["high"], pair[0]))
    return {name: Cases(*(row[case] for case in CASES)) for name, row in ordered}


def part_of(resource: Resource) -> str:
    """The part of the bill a resource counts under."""
    return resource.component or resource.type.split(":")[1].split("/")[0]
