"""What a training costs before it is begun: hours of one instance and its disk, for each type that may be tried."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from infra.costs.estimate import Estimate, estimate
from infra.costs.items import CASES, Cases
from infra.costs.prices import PriceBook
from infra.costs.readers import stack_from_rows
from infra.costs.reports.words import money
from infra.costs.usage import Usage

SPOT: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
ON_DEMAND: Final = "aws:ec2/instance:Instance"
HOURS_A_MONTH: Final = 730
DISK: Final = "ebs.gp3_gb_month"
STORED_DAYS: Final = 30
UNITS: Final = ("hours",)


@dataclass(frozen=True, kw_only=True)
class TypeCost:
    """USD of one type for the expected and for the most hours; None where the data holds no price.

    `spot` is the lowest, the middle and the highest price seen; `basis` says where it is on demand's for want of any.
    """

    instance_type: str
    spot: Cases[Fraction] | None
    spot_at_most: Cases[Fraction] | None
    on_demand: Fraction | None
    on_demand_at_most: Fraction | None
    basis: str = ""


@dataclass(frozen=True, kw_only=True)
class TrainingCost:
    """The bill of one training: its types in the order in which they are tried, and the disk, which all have alike."""

    region: str
    hours: Decimal
    max_hours: int
    volume_gb: int
    types: tuple[TypeCost, ...]
    disk: Fraction | None
    disk_at_most: Fraction | None
    stored_gb: Fraction | None

    @property
    def at_most(self) -> Fraction | None:
        """The dearest that one instance can come to: spot never costs more than on demand. None: a price is missing."""
        tops = [row.on_demand_at_most for row in self.types if row.on_demand_at_most is not None]
        if len(tops) < len(self.types) or self.disk_at_most is None:
            return None
        return max(tops) + self.disk_at_most


def cost_first(
    region: str,
    instance_types: Sequence[str],
    hours: Decimal,
    max_hours: int,
    volume_gb: int,
    book: PriceBook | None = None,
) -> TrainingCost:
    """Price one training by the same prices as every other report."""
    prices = book or PriceBook()
    return TrainingCost(
        region=region,
        hours=hours,
        max_hours=max_hours,
        volume_gb=volume_gb,
        types=tuple(_type(region, kind, hours, max_hours, prices) for kind in instance_types),
        disk=_disk(region, volume_gb, hours, prices),
        disk_at_most=_disk(region, volume_gb, Decimal(max_hours), prices),
        stored_gb=_stored(region, prices),
    )


def as_text(cost: TrainingCost) -> str:
    """A table of at most 80 columns, and what it leaves out."""
    return "\n".join(_lines(cost)) + "\n"


def _lines(cost: TrainingCost) -> Iterator[str]:
    hours = f"{cost.hours.normalize():f}"
    yield f"One spot instance in {cost.region}, USD"
    yield f"  {'':<24}{f'{hours} hours expected':>30}{f'{cost.max_hours} hours at most':>22}"
    for row in cost.types:
        yield f"  {row.instance_type:<24}{_range(row.spot):>30}{_range(row.spot_at_most):>22}"
        if row.on_demand is not None:
            yield f"  {'  on demand':<24}{_amount(row.on_demand):>30}{_amount(row.on_demand_at_most):>22}"
    disk = (cost.disk, cost.disk_at_most)
    yield f"  {f'disk, {cost.volume_gb} GB':<24}{_amount(disk[0]):>30}{_amount(disk[1]):>22}"
    for text in sorted({row.basis for row in cost.types if row.basis}):
        yield f"  {text}"
    yield "Spot prices move, up to on demand's. The types are tried in this order."
    if cost.stored_gb is not None:
        yield f"What is stored of the job expires after {STORED_DAYS} days: {money(cost.stored_gb)} a GB."


def _range(cases: Cases[Fraction] | None) -> str:
    if cases is None:
        return "no price"
    low, expected, high = (money(cases[case]) for case in CASES)
    return expected if low == high else f"{expected} ({low} to {high})"


def _amount(value: Fraction | None) -> str:
    return "no price" if value is None else money(value)


def _type(region: str, kind: str, hours: Decimal, max_hours: int, book: PriceBook) -> TypeCost:
    spot, basis = _instance(SPOT, region, kind, hours, book)
    spot_at_most, _ = _instance(SPOT, region, kind, Decimal(max_hours), book)
    on_demand, _ = _instance(ON_DEMAND, region, kind, hours, book)
    on_demand_at_most, _ = _instance(ON_DEMAND, region, kind, Decimal(max_hours), book)
    return TypeCost(
        instance_type=kind,
        spot=spot,
        spot_at_most=spot_at_most,
        on_demand=on_demand.expected if on_demand else None,
        on_demand_at_most=on_demand_at_most.expected if on_demand_at_most else None,
        basis=basis if "no spot price" in basis else "",
    )


def _instance(
    token: str, region: str, kind: str, hours: Decimal, book: PriceBook
) -> tuple[Cases[Fraction] | None, str]:
    """The hours of an instance alone, and how their price came about; a disk is billed by the month there."""
    priced = _priced(token, region, {"instanceType": kind}, {"monthly_hours": hours}, book)
    item = next((row for row in priced.items if row.unit in UNITS), None)
    if item is None:
        return None, ""
    low, expected, high = (priced.of_item(item, case) or Fraction(0) for case in CASES)
    return Cases(low, expected, high), item.basis


def _disk(region: str, size_gb: int, hours: Decimal, book: PriceBook) -> Fraction | None:
    price = book.region(region).get(DISK)
    return None if price is None else Fraction(price.amount) * size_gb * Fraction(hours) / HOURS_A_MONTH


def _stored(region: str, book: PriceBook) -> Fraction | None:
    """A GB of the job in the bucket until it expires, about a month."""
    price = book.region(region).get("s3.standard_storage_gb_month")
    return None if price is None else Fraction(price.amount)


def _priced(token: str, region: str, inputs: dict[str, Any], usage: dict[str, Any], book: PriceBook) -> Estimate:
    urn = f"urn:pulumi:training::training::{token}::instance"
    row = {"urn": urn, "type": token, "custom": True, "id": "instance", "inputs": inputs}
    stack = stack_from_rows([row], "training", "training", region)
    return estimate(stack, usage=Usage({"instance": usage}, "training"), book=book, region=region)
