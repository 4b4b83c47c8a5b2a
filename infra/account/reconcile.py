"""An estimate beside the bill: per service and usage type, the difference split into quantity and price."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from infra.account.bill import Bill, Billed, Month
from infra.account.products import is_usage, on_bill, usages_at, wanted_at
from infra.costs.estimate import Estimate
from infra.costs.items import LineItem
from infra.costs.prices import PriceBook, RegionPrices

HOURS_A_DAY: Final = 24
Place = tuple[str, str]
"""A service of the bill and a usage type without its region's prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side says of a usage type: USD and how much of our unit."""

    cost: Fraction = Fraction(0)
    quantity: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One usage type on both sides; None where a side does not know it. `price`: USD per `unit` in our prices."""

    service: str
    usage: str
    label: str
    unit: str
    estimated: Side | None
    billed: Side | None
    price: Fraction | None

    @property
    def difference(self) -> Fraction:
        """USD that the bill is above the estimate."""
        return _cost(self.billed) - _cost(self.estimated)

    @property
    def by_quantity(self) -> Fraction | None:
        """USD of the difference that comes from how much was used, at our price; None where there is no price."""
        if self.price is None:
            return None
        return (_quantity(self.billed) - _quantity(self.estimated)) * self.price

    @property
    def by_price(self) -> Fraction | None:
        """USD of the difference that comes from another price than ours; with `by_quantity` the whole difference."""
        quantity = self.by_quantity
        return None if quantity is None else self.difference - quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the bill with its lines, the largest difference first."""

    name: str
    lines: tuple[Line, ...]

    @property
    def estimated(self) -> Fraction:
        """USD in the estimate, for the days that are over."""
        return sum((_cost(line.estimated) for line in self.lines), Fraction(0))

    @property
    def billed(self) -> Fraction:
        """USD on the bill."""
        return sum((_cost(line.billed) for line in self.lines), Fraction(0))

    @property
    def is_unknown(self) -> bool:
        """Whether the estimate knows nothing of it."""
        return all(line.estimated is None for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Estimate and bill of the same days, service by service; the largest difference first."""

    name: str
    bill: Bill
    services: tuple[Service, ...]
    unstated: tuple[str, ...]
    """Lines of the estimate whose quantity nobody stated: they count as nothing on its side."""
    unpriced: tuple[str, ...]
    """Resources without a price, each with the reason: what they are billed is no difference in quantity or price."""

    @property
    def estimated(self) -> Fraction:
        """USD in the estimate, for the days that are over."""
        return sum((service.estimated for service in self.services), Fraction(0))


def reconcile(name: str, priced: Estimate, bill: Bill, book: PriceBook, region: str) -> Reconciliation:
    """Put an estimate's expected case beside a bill; `region` is that of resources that name none."""
    expected = _expected(priced, bill.month, book, region)
    billed = _billed(bill.usage)
    lines: dict[str, list[Line]] = {}
    stated = {place for place, found in expected.items() if found.cost}
    for place in sorted({*stated, *billed}):
        line = _line(place, expected.get(place), billed.get(place), book.region(region))
        lines.setdefault(place[0], []).append(line)
    services = [Service(name=s, lines=tuple(sorted(found, key=_by_size))) for s, found in lines.items()]
    return Reconciliation(
        name=name,
        bill=bill,
        services=tuple(sorted(services, key=lambda s: (-abs(s.billed - s.estimated), s.name))),
        unstated=tuple(f"{i.resource.name} {i.label}" for i in priced.items if i.quantity is None),
        unpriced=tuple(f"{r.resource.name}: {r.reason}" for r in priced.unpriced),
    )


@dataclass(slots=True)
class _Sum:
    label: str
    unit: str
    cost: Fraction = Fraction(0)
    quantity: Fraction = Fraction(0)


def _expected(priced: Estimate, month: Month, book: PriceBook, region: str) -> dict[Place, _Sum]:
    """The estimate by place on the bill, for the days that are over, in the price files' own units."""
    sums: dict[Place, _Sum] = {}
    for item in priced.items:
        service, usage = on_bill(item.price.key, item.resource.type)
        unit, factor = _native(item, book.region(item.resource.region or region))
        share = month.share
        if unit.endswith("hour"):
            # An estimate's month has 730 hours, the calendar's 672 to 744.
            share = Fraction(month.days * HOURS_A_DAY) / Fraction(priced.workload.volume.hours_per_month)
        place = (service, usage or item.price.key)
        found = sums.setdefault(place, _Sum(item.label, unit))
        if item.quantity is not None:
            found.cost += (priced.of_item(item, "expected") or Fraction(0)) * share
            found.quantity += item.quantity["expected"].unlimited_at(priced.volume) * factor * share
    return sums


def _native(item: LineItem, prices: RegionPrices) -> tuple[str, Fraction]:
    """The unit the price file has and how many of it are in one of the line's: 730 LCU-hours in an LCU a month."""
    listed = prices.get(item.price.key)
    if listed is None or listed.unit == item.price.unit or not listed.amount:
        return item.price.unit, Fraction(1)
    return listed.unit, Fraction(item.price.amount) / Fraction(listed.amount)


def _billed(usage: tuple[Billed, ...]) -> dict[Place, Side]:
    """The bill by place; usage types of several regions come together."""
    found: dict[Place, Side] = {}
    for row in usage:
        place = (row.service, _plain(row))
        before = found.get(place, Side())
        found[place] = Side(cost=before.cost + row.cost, quantity=before.quantity + row.quantity)
    return found


def _plain(row: Billed) -> str:
    """The usage type without its region's prefix where it is a known one, else as it stands on the bill."""
    for usage in usages_at(row.service):
        if is_usage(row.usage_type, usage):
            return usage
    start, colon, machine = row.usage_type.partition(":")
    bare = start.rsplit("-", 1)[-1]
    return f"{bare}:{machine}" if colon and bare.endswith("Usage") else row.usage_type


def _line(place: Place, expected: _Sum | None, billed: Side | None, prices: RegionPrices) -> Line:
    service, usage = place
    known = wanted_at(service, usage)
    if billed is not None and known:
        billed = Side(cost=billed.cost, quantity=billed.quantity / known[0].times)
    listed = next((p for p in (prices.get(w.key) for w in known) if p is not None), None)
    price = Fraction(listed.amount) if listed else None
    if expected is not None and expected.quantity:
        # Tiers and ranges of types make the price an average.
        price = expected.cost / expected.quantity
    return Line(
        service=service,
        usage=usage,
        label=expected.label if expected else "",
        unit=expected.unit if expected else (listed.unit if listed else ""),
        estimated=Side(cost=expected.cost, quantity=expected.quantity) if expected else None,
        billed=billed,
        price=price,
    )


def _by_size(line: Line) -> tuple[Fraction, str]:
    return -abs(line.difference), line.usage


def _cost(side: Side | None) -> Fraction:
    return side.cost if side else Fraction(0)


def _quantity(side: Side | None) -> Fraction:
    return side.quantity if side else Fraction(0)
