"""The lines of an estimate: a quantity as a curve of volume, a price with its source, in three cases."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from infra.costs.curves import Curve, Number
from infra.costs.prices import Price
from infra.costs.stack import Resource

Case = Literal["low", "expected", "high"]
CASES: tuple[Case, ...] = ("low", "expected", "high")
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Cases(Generic[T]):
    """One value for each case: groups at their minimum, at what the traffic needs, at their maximum."""

    low: T
    expected: T
    high: T

    @classmethod
    def same(cls, value: T) -> "Cases[T]":
        """The same value in all three cases."""
        return cls(value, value, value)

    @property
    def are_same(self) -> bool:
        """Whether the three are one object."""
        return self.low is self.expected is self.high

    def __getitem__(self, case: Case) -> T:
        value: T = getattr(self, case)
        return value

    def map(self, change: Callable[[T], U]) -> "Cases[U]":
        """Each value changed alike."""
        if self.are_same:
            return Cases.same(change(self.expected))
        return Cases(change(self.low), change(self.expected), change(self.high))


Quantity = Cases[Curve]
"""How much of something a month, as a curve of volume in each case."""


def fixed(value: Number) -> Quantity:
    """A quantity that depends on neither volume nor case."""
    return Cases.same(Curve.constant(value))


def add(a: Quantity, b: Quantity) -> Quantity:
    """The sum of two quantities, case by case."""
    return Cases(a.low + b.low, a.expected + b.expected, a.high + b.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """One line: `quantity` of `unit` at `price`. Without a quantity it depends on usage nobody stated.

    `spread` holds the lowest and highest price per unit where the price itself varies: spot, mixed instance types.
    `basis` says in words how the quantity came about; `short` is the line in a summary, where the label is too long.
    """

    resource: Resource
    label: str
    unit: str
    price: Price
    quantity: Quantity | None
    part: str = ""
    basis: str = ""
    short: str = ""
    spread: tuple[Decimal, Decimal] | None = None

    def unit_price(self, case: Case) -> Decimal:
        """USD per unit in one case."""
        if self.spread is None or case == "expected":
            return self.price.amount
        return self.spread[0] if case == "low" else self.spread[1]

    def cost_in(self, case: Case) -> Curve | None:
        """USD a month as a curve of volume in one case; None when the quantity is not known."""
        return None if self.quantity is None else self.quantity[case] * self.unit_price(case)

    @property
    def cost(self) -> Quantity | None:
        """USD a month as a curve of volume in each case; None when the quantity is not known."""
        if self.quantity is None:
            return None
        if self.spread is None and self.quantity.are_same:
            return Cases.same(self.quantity.expected * self.price.amount)
        return Cases(*(self.quantity[case] * self.unit_price(case) for case in CASES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A resource that costs nothing, or that could not be priced, and why."""

    resource: Resource
    reason: str
    exit_code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What pricing one resource came to."""

    items: tuple[LineItem, ...] = ()
    free: tuple[Reason, ...] = ()
    unpriced: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
