"""What a pricer is and what it may ask: registered by type token where it is defined, one small function each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, Protocol

from infra.costs.curves import Curve
from infra.costs.errors import PriceError
from infra.costs.items import LineItem, Quantity, fixed
from infra.costs.prices import NO_PRICE, Price, PriceBook, RegionPrices
from infra.costs.simulated import SimulatedUse
from infra.costs.stack import Resource, Stack
from infra.costs.workload import HOURS_A_YEAR_MONTH


class Traffic(Protocol):
    """What the workload says about a resource of this project's own components."""

    def quantity(self, resource: Resource, key: str) -> Quantity | None:
        """The monthly quantity behind a usage key, None when the workload does not know it."""

    def instances(
        self, resource: Resource, size: tuple[int, int], types: tuple[str, ...], share: Fraction
    ) -> Curve | None:
        """Instances of an autoscaling group while requests come, None when the model's capacity is not known."""

    def sizing(self, types: tuple[str, ...], share: Fraction) -> str:
        """In words how that number comes about."""

    def simulated_use(self, resource: Resource) -> SimulatedUse | None:
        """What a simulation found for an autoscaling group, None where there is none."""

    def size_kb(self, key: str) -> Decimal | None:
        """The size of one request in KB."""

    @property
    def closed_share(self) -> Fraction:
        """Share of the month in which no request comes."""


@dataclass(slots=True, kw_only=True)
class Pricing:
    """The surroundings in which one resource is priced."""

    resource: Resource
    stack: Stack
    book: PriceBook
    region: RegionPrices
    usage: Mapping[str, Any] = field(default_factory=dict)
    traffic: Traffic | None = None
    hours: Decimal = Decimal(HOURS_A_YEAR_MONTH)
    notes: list[str] = field(default_factory=list)
    problems: list[PriceError] = field(default_factory=list)
    """Prices that were not there: the lines that need them are left out, the others stand."""

    def stated(self, key: str) -> Decimal | None:
        """The number the usage file gives for a key."""
        value = self.usage.get(key)
        return None if value is None else Decimal(value)

    def choice(self, key: str) -> str:
        """The word the usage file gives for a key, empty when it gives none."""
        return str(self.usage.get(key, ""))

    def used(self, key: str, default: Decimal | int | None = None) -> Quantity | None:
        """The monthly quantity behind a usage key: the usage file's, else the workload's, else the default."""
        value = self.stated(key)
        if value is not None:
            return fixed(value)
        known = self.traffic.quantity(self.resource, key) if self.traffic else None
        return known if known is not None or default is None else fixed(default)

    def size_kb(self, key: str) -> Decimal | None:
        """The size of one request: the usage file's, else the workload's, else not known."""
        stated = self.stated(key)
        return stated if stated is not None or self.traffic is None else self.traffic.size_kb(key)

    def line(
        self,
        label: str,
        quantity: Quantity | Decimal | int | None,
        price: Price | str,
        *,
        unit: str = "",
        part: str = "",
        basis: str = "",
        short: str = "",
        spread: tuple[Decimal, Decimal] | None = None,
    ) -> LineItem:
        """A line at the first tier's price; the quantity is counted in the price's unit.

        Where the price is missing the line is marked so (`NO_PRICE`) and the problem kept.
        """
        found = self._found(price)
        return LineItem(
            resource=self.resource,
            label=label,
            unit=unit or found.unit,
            price=found,
            quantity=fixed(quantity) if isinstance(quantity, Decimal | int) else quantity,
            part=part,
            basis=basis,
            short=short,
            spread=spread,
        )

    def tiered(
        self,
        label: str,
        quantity: Quantity | None,
        price: Price | str,
        *,
        unit: str = "",
        part: str = "",
        short: str = "",
    ) -> Iterator[LineItem]:
        """A line for each tier that the quantity can reach; the first alone when it is not known."""
        found = self._found(price)
        start: Decimal | None = Decimal(0)
        for index, tier in enumerate(found.tiers):
            title = f"{label} ({tier.label})" if tier.label else label
            share = _share(quantity, start, tier.up_to)
            if index == 0 or (share is not None and not _is_nothing(share)):
                yield self.line(title, share, found.as_tier(tier), unit=unit, part=part, short=short)
            start = tier.up_to

    def _found(self, price: Price | str) -> Price:
        if isinstance(price, Price):
            return price
        try:
            return self.region[price]
        except PriceError as error:
            self.problems.append(error)
            return NO_PRICE


def _share(quantity: Quantity | None, start: Decimal | None, end: Decimal | None) -> Quantity | None:
    if quantity is None or start is None:
        return None
    begin = start
    return quantity.map(lambda curve: curve.tier(begin, end))


def _is_nothing(quantity: Quantity) -> bool:
    return quantity.low.is_zero and quantity.expected.is_zero and quantity.high.is_zero


def per(quantity: Quantity | None, size: int) -> Quantity | None:
    """A quantity counted in thousands, millions and so on."""
    return None if quantity is None else quantity.map(lambda curve: curve / size)


def times(quantity: Quantity | None, factor: Decimal | Fraction | int) -> Quantity | None:
    """A quantity some times over."""
    return None if quantity is None else quantity.map(lambda curve: curve * factor)


def pieces_of(kb: Decimal | None, piece_kb: int) -> int:
    """In how many billed pieces one request of a size counts; one when the size is not stated."""
    return max(ceil(Fraction(kb) / piece_kb), 1) if kb else 1


PriceFunction = Callable[[Resource, Pricing], Iterator[LineItem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricer:
    """A registered price function with the usage keys it knows."""

    price: PriceFunction
    usage: frozenset[str]


PRICERS: dict[str, Pricer] = {}
FREE: dict[str, str] = {}


def prices(*types: str, usage: tuple[str, ...] = ()) -> Callable[[PriceFunction], PriceFunction]:
    """Register the function as the pricer of type tokens (`aws:ec2/natGateway:NatGateway`)."""

    def register(function: PriceFunction) -> PriceFunction:
        for token in types:
            if token in PRICERS or token in FREE:
                raise ValueError(f"{token} is registered twice")
            PRICERS[token] = Pricer(price=function, usage=frozenset(usage))
        return function

    return register


def free(reason: str, *types: str) -> None:
    """Register type tokens that cost nothing themselves, with the reason."""
    for token in types:
        if token in PRICERS or token in FREE:
            raise ValueError(f"{token} is registered twice")
        FREE[token] = reason


__all__ = ["FREE", "PRICERS", "Pricer", "Pricing", "Traffic", "free", "per", "pieces_of", "prices", "times"]
