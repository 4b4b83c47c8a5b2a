"""One training on a machine of one's own: what it is, and what its hours and its disk cost."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from infra.costs.errors import InputError
from infra.costs.items import Cases
from infra.costs.numbers import LARGEST
from infra.costs.pricers.compute import HourPrice, Machine, hour_price
from infra.costs.prices import PriceBook
from infra.costs.pricing import Pricing
from infra.costs.stack import Inputs, Resource, Stack
from infra.costs.workload import HOURS_A_YEAR_MONTH

INSTANCE: Final = "aws:ec2/instance:Instance"
DISK: Final = "ebs.gp3_gb_month"
DISK_GB: Final = Decimal(30)
"""GB of the disk of the machine that trains (assumed): the system, torch, the data and what is trained."""
Unit = Literal["texts", "images"]
UNITS: Final[tuple[Unit, ...]] = ("texts", "images")
METHODS: Final = ("head", "lora", "full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What one training takes: its data, and hours of which machine, measured or assumed.

    `characters_each` is the mean of a text and 0 for images; `instance_type` is empty for the machine one has already,
    which costs nothing here. `disk_gb` is kept as long as the machine is. Raises InputError for what cannot be.
    """

    examples: int
    characters_each: Decimal
    unit: Unit
    hours: Decimal
    measured: bool
    instance_type: str = ""
    spot: bool = False
    method: str = "head"
    disk_gb: Decimal = DISK_GB

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise InputError("training unit", f"{self.unit!r} is unknown", f"use {' or '.join(UNITS)}")
        if self.method not in METHODS:
            raise InputError("training method", f"{self.method!r} is unknown", f"use {' or '.join(METHODS)}")
        least = 1 if self.unit == "texts" else 0
        bounds = (("examples", 1), ("characters_each", least), ("hours", 0), ("disk_gb", 0))
        for name, low in bounds:
            value = Decimal(getattr(self, name))
            if not value.is_finite() or not low <= value <= LARGEST:
                raise InputError(f"training {name}", f"{value} is out of range", f"give {low} to {LARGEST:,}")

    @property
    def where(self) -> str:
        """The machine in words."""
        return self.instance_type or "this machine"

    @property
    def known(self) -> str:
        """How its hours are known, in a word."""
        return "measured" if self.measured else "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCost:
    """USD of one training: its hours on demand and as spot (`on_demand_hour`: one of them), and its disk for as long.

    `disk` is None where the region's data holds no price of one. `seen` says what is known of the spot price.
    """

    training: Training
    region: str
    on_demand_hour: Decimal
    on_demand: Fraction
    spot: Cases[Fraction]
    seen: str
    disk: Fraction | None

    @property
    def bought(self) -> Cases[Fraction]:
        """USD of the training the way it is bought, disk included; a range where that is spot."""
        hours = self.spot if self.training.spot else Cases.same(self.on_demand)
        return hours.map(lambda usd: usd + (self.disk or 0))


def training_cost(
    training: Training, book: PriceBook, region: str, hours_per_month: Decimal = Decimal(HOURS_A_YEAR_MONTH)
) -> TrainingCost:
    """What one training costs in a region; raises PriceError for an instance type that has no price there.

    A disk is charged by the month, here for its part of `hours_per_month`.
    """
    if not training.instance_type:
        nothing = Fraction(0)
        return TrainingCost(
            training=training,
            region="",
            on_demand_hour=Decimal(0),
            on_demand=nothing,
            spot=Cases.same(nothing),
            seen="",
            disk=nothing,
        )
    hours, prices = Fraction(training.hours), book.region(region)
    listed, spot = (_hour(training, book, region, spot=spot) for spot in (False, True))
    disk = prices.get(DISK)
    return TrainingCost(
        training=training,
        region=region,
        on_demand_hour=listed.price.amount,
        on_demand=hours * Fraction(listed.price.amount),
        spot=Cases(*(hours * Fraction(each) for each in (spot.low, spot.price.amount, spot.high))),
        seen=spot.basis,
        disk=Fraction(training.disk_gb) * Fraction(disk.amount) * hours / Fraction(hours_per_month) if disk else None,
    )


def _hour(training: Training, book: PriceBook, region: str, *, spot: bool) -> HourPrice:
    """An hour's price as the engine knows it, asked for an instance that stands in no stack."""
    alone = Resource(urn="training", type=INSTANCE, inputs=Inputs({}, "training"), region=region)
    pricing = Pricing(resource=alone, stack=Stack([alone]), book=book, region=book.region(region))
    return hour_price(pricing, Machine(instance_type=training.instance_type, spot=spot))
