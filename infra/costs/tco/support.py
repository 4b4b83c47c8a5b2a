"""Who repairs it and how soon: downtime, support and outages of one's own service beside what a vendor promises.

A promise is no forecast: a vendor may be down for less, and for more at the price of a credit. Every figure says what
it comes from; what nobody promises is None, and never nought.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from infra.costs.curves import Curve
from infra.costs.managed import ManagedApi
from infra.costs.tco import people
from infra.costs.tco.types import Part
from infra.costs.vendors import Fact, Vendor, vendors
from infra.costs.workload import HOURS_A_YEAR_MONTH, Workload

MONTHS: Final = 12
HOURS: Final = MONTHS * HOURS_A_YEAR_MONTH
"""Hours in a year of twelve equal months."""
WHOLE: Final = Fraction(100)
NO_OUTAGE_COST: Final = "support.outage_usd_per_hour is 0: what an hour costs is not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number and what it comes from; None where nothing says it. `at_most`: it may be less."""

    value: Fraction | None
    basis: str
    at_most: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side over a year: per cent, hours and USD."""

    name: str
    availability: Figure
    downtime: Figure
    answer: Figure
    repair: Figure
    support: Figure
    outages: Figure
    credit: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Both sides, and what is worth saying of them."""

    own: Side
    vendor: Side
    notes: tuple[str, ...]


def support_of(workload: Workload, api: ManagedApi) -> Support:
    """One's own service beside the API's vendor."""
    return Support(own=_own(workload), vendor=_theirs(workload, api), notes=tuple(_notes(workload)))


def own_downtime(workload: Workload) -> Figure:
    """Hours a year one's own service is expected to be down: incidents, each until it is noticed and repaired."""
    said = workload.support
    hours = Fraction(said.incidents_per_year) * _incident(workload)
    basis = (
        f"support.incidents_per_year {said.incidents_per_year} x (support.hours_to_detect {said.hours_to_detect} + "
        f"support.hours_to_repair {said.hours_to_repair})"
    )
    return Figure(value=min(hours, Fraction(HOURS)), basis=basis)


def vendor_downtime(workload: Workload, api: ManagedApi) -> Figure:
    """Hours a year a vendor may be down without breaking a promise; None where it promises nothing."""
    said, promised = workload.support, _promised(api)
    allowed: list[tuple[Fraction, str]] = []
    if promised is not None:
        basis = f"(100 - {promised.number}) % of {HOURS:,} hours, as the promised availability allows"
        allowed.append(((WHOLE - Fraction(promised.number or 0)) / WHOLE * HOURS, basis))
    if said.contract_hours_to_repair:
        basis = (
            f"support.contract_hours_to_repair {said.contract_hours_to_repair} x support.incidents_per_year "
            f"{said.incidents_per_year}: as many as one's own, which nothing says of a vendor"
        )
        hours = Fraction(said.contract_hours_to_repair) * Fraction(said.incidents_per_year)
        allowed.append((min(hours, Fraction(HOURS)), basis))
    if not allowed:
        return Figure(value=None, basis=_no_promise(api, "availability"))
    hours, basis = min(allowed)
    return Figure(value=hours, basis=basis, at_most=True)


def own_outages(workload: Workload) -> tuple[Part, ...]:
    """What outages of one's own service cost a month, as a part of a scenario; none where no hour has a price."""
    return _part(workload, own_downtime(workload))


def vendor_outages(workload: Workload, api: ManagedApi) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The same of the API, at most, and what that leaves out."""
    down = vendor_downtime(workload, api)
    if workload.support.outage_usd_per_hour and down.value is None:
        return (), (f"outages: {down.basis}",)
    return _part(workload, down), ()


def vendor_plan(workload: Workload) -> tuple[Part, ...]:
    """A support plan of the API's vendor; none where none is paid."""
    plan = workload.support.vendor_plan_usd_per_month
    basis = f"support.vendor_plan_usd_per_month {plan}"
    return (Part(name="Vendor support", monthly=Curve.constant(plan), basis=basis),) if plan else ()


def _own(workload: Workload) -> Side:
    said, down = workload.support, own_downtime(workload)
    plan = Fraction(workload.ownership.support_per_month)
    called = people.on_call_cost(workload)
    return Side(
        name="Self-hosted",
        availability=Figure(value=_availability(down.value), basis="what the expected hours of downtime leave"),
        downtime=down,
        answer=Figure(value=Fraction(said.hours_to_detect), basis="support.hours_to_detect, by one's own alarms"),
        repair=Figure(value=Fraction(said.hours_to_repair), basis="support.hours_to_repair"),
        support=Figure(
            value=MONTHS * (called + plan),
            basis=f"12 x ({people.on_call(workload).basis}; ownership.support_per_month "
            f"{workload.ownership.support_per_month})",
        ),
        outages=_lost(workload, down),
        credit=Figure(value=None, basis="nobody credits an outage of one's own service"),
    )


def _theirs(workload: Workload, api: ManagedApi) -> Side:
    said, down, promised = workload.support, vendor_downtime(workload, api), _promised(api)
    hours = said.contract_hours_to_repair
    return Side(
        name=api.name,
        availability=Figure(value=Fraction(promised.number or 0), basis=_sourced(promised))
        if promised
        else Figure(value=None, basis=_no_promise(api, "availability")),
        downtime=down,
        answer=_answer(api),
        repair=Figure(value=Fraction(hours), basis="support.contract_hours_to_repair", at_most=True)
        if hours
        else Figure(value=None, basis="no time to repair is promised (support.contract_hours_to_repair is 0)"),
        support=Figure(
            value=MONTHS * Fraction(said.vendor_plan_usd_per_month),
            basis=f"12 x support.vendor_plan_usd_per_month {said.vendor_plan_usd_per_month}; nobody is on call for an "
            "API, calling the vendor is within people.api_share",
        ),
        outages=_lost(workload, down),
        credit=_credit(workload, api),
    )


def _answer(api: ManagedApi) -> Figure:
    fact = _fact(api, "support")
    if fact is None or fact.number is None:
        return Figure(value=None, basis=_no_promise(api, "support"))
    paid = "; the price of such a plan belongs in support.vendor_plan_usd_per_month"
    return Figure(value=Fraction(fact.number), basis=f"{_sourced(fact)}{paid}", at_most=True)


def _credit(workload: Workload, api: ManagedApi) -> Figure:
    """What the vendor credits for one outage as long as one of one's own, alone in its month."""
    fact = _fact(api, "credits")
    if fact is None or not fact.number or not fact.tiers:
        return Figure(value=None, basis=_no_promise(api, "credits"))
    left = WHOLE * (1 - min(_incident(workload) / HOURS_A_YEAR_MONTH, Fraction(1)))
    percent = max((Fraction(credited) for below, credited in fact.tiers if left < below), default=Fraction(0))
    bill = api.curve(workload).at(workload.volume.per_month)
    basis = (
        f"{float(percent):g} % of a month's bill for one outage of {float(_incident(workload)):g} hours, as long as "
        f"one's own, which leaves {float(left):.4g} % of that month: {_sourced(fact)}"
    )
    return Figure(value=bill * percent / WHOLE, basis=basis)


def _lost(workload: Workload, down: Figure) -> Figure:
    price = Fraction(workload.support.outage_usd_per_hour)
    if not price:
        return Figure(value=None, basis=NO_OUTAGE_COST)
    if down.value is None:
        return Figure(value=None, basis=down.basis)
    opened = Fraction(workload.volume.hours_open_per_day) / 24
    basis = f"downtime x support.outage_usd_per_hour {workload.support.outage_usd_per_hour}"
    shut = f" x {float(opened):.3g} of the hours, in which requests come" if opened != 1 else ""
    return Figure(value=down.value * opened * price, basis=f"{basis}{shut}", at_most=down.at_most)


def _part(workload: Workload, down: Figure) -> tuple[Part, ...]:
    lost = _lost(workload, down)
    if lost.value is None:
        return ()
    most = "at most: " if lost.at_most else ""
    basis = f"{most}{lost.basis} / {MONTHS}; downtime: {down.basis}"
    return (Part(name="Outages", monthly=Curve.constant(lost.value / MONTHS), basis=basis),)


def _notes(workload: Workload) -> tuple[str, ...]:
    said, called = workload.support, Fraction(workload.ownership.on_call_hours)
    asked = Fraction(said.incidents_per_year) * Fraction(said.hours_to_repair) / MONTHS
    if not workload.people.engineers or asked <= called:
        return ()
    return (
        f"repairing takes {float(asked):.3g} hours a month, more than ownership.on_call_hours "
        f"{workload.ownership.on_call_hours}: the support cost is too low",
    )


def _incident(workload: Workload) -> Fraction:
    """Hours from the first failure until it works again."""
    return Fraction(workload.support.hours_to_detect) + Fraction(workload.support.hours_to_repair)


def _availability(down: Fraction | None) -> Fraction | None:
    return None if down is None else WHOLE * (1 - down / HOURS)


def _promised(api: ManagedApi) -> Fact | None:
    """The promise of availability; None where there is none."""
    fact = _fact(api, "availability")
    return fact if fact and fact.number else None


def _fact(api: ManagedApi, name: str) -> Fact | None:
    vendor = _vendor(api)
    return vendor.facts[name] if vendor else None


def _vendor(api: ManagedApi) -> Vendor | None:
    return vendors().get(api.vendor)


def _no_promise(api: ManagedApi, name: str) -> str:
    fact = _fact(api, name)
    return _sourced(fact) if fact else f"nothing is known of what the vendor of {api.name} promises"


def _sourced(fact: Fact) -> str:
    mark = f"{fact.mark}, " if fact.mark else ""
    return f"{fact.value} ({mark}{fact.checked}: {fact.source})"
