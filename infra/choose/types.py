"""What is asked of a choice, what may be chosen, and what comes out; all of it frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from infra.costs.capacity import Capacity
from infra.costs.items import Cases

ENTRIES: Final = ("http", "rest")
EGRESSES: Final = ("public", "endpoints", "nat", "nat-per-zone")
TERMS: Final = ("1_year", "3_year")
Latency = Literal["met", "not asked", "not known"]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What the stack must hold beside the peak, and what may be bought or built.

    `zones` is the number of availability zones that serve from the start; `most_spot` the largest share of spot above
    the on-demand base; `commitment` the longest reservation one is ready to sign (empty: none).
    """

    latency_ms: Decimal | None = None
    zones: int = 1
    most_spot: Fraction = Fraction(1)
    commitment: str = ""
    entries: tuple[str, ...] = ENTRIES
    egresses: tuple[str, ...] = EGRESSES

    @property
    def terms(self) -> tuple[str, ...]:
        """The reservation terms one is ready to sign."""
        return TERMS[: TERMS.index(self.commitment) + 1] if self.commitment else ()


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What decides which resources there are: zones, entry, load balancer and the way out."""

    zones: int
    entry: str
    balancer: bool
    egress: str

    @property
    def entry_words(self) -> str:
        """The entry as one reads it."""
        return self.entry if self.entry == "rest" or self.balancer else f"{self.entry}, no balancer"


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """Reserved instances of the standard kind; `count` of them are paid for every hour of the term, used or not."""

    term: str
    payment: str
    count: int

    @property
    def usage(self) -> Mapping[str, str]:
        """The group's usage keys that say so."""
        return {
            "reserved_instance_type": "standard",
            "reserved_instance_term": self.term,
            "reserved_instance_payment_option": self.payment,
        }


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """How instances are bought: so many on demand, a share of those above on demand, the rest spot."""

    base: int
    on_demand_percent: int
    reservation: Reservation | None = None

    @property
    def words(self) -> str:
        """The mix as one reads it."""
        if self.reservation:
            said = f"{self.reservation.count} reserved ({self.reservation.term}, {self.reservation.payment})"
            return f"{said}, {_above(self.on_demand_percent)} above"
        if self.on_demand_percent == 100:
            return "on demand"
        said = _above(self.on_demand_percent)
        return f"{self.base} on demand, {said} above" if self.base else said

    @property
    def spot_share(self) -> Fraction:
        """The share of spot above the base."""
        return 1 - Fraction(self.on_demand_percent, 100)


def _above(percent: int) -> str:
    return {0: "spot", 100: "on demand"}.get(percent, f"{100 - percent} % spot")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One stack that could be had: a shape, an instance type, a purchase and the group's bounds.

    `settings` are the stack's keys without the project's name, as they would stand in its file.
    """

    shape: Shape
    instance_type: str
    purchase: Purchase
    minimum: int
    maximum: int
    settings: Mapping[str, object] = field(hash=False)

    @property
    def words(self) -> str:
        """The option on one line."""
        size = f"{self.minimum}-{self.maximum}" if self.maximum > self.minimum else f"{self.minimum}"
        return f"{size} x {self.instance_type}, {self.purchase.words}; {self.shape.entry_words}; {self.shape.egress}"


@dataclass(frozen=True, kw_only=True)
class Found:
    """An option that holds what is asked, with USD a month; `parts` is the expected cost by component.

    `marks` names the prices it rests on that have no public source.
    """

    option: Option
    monthly: Cases[Fraction]
    parts: Mapping[str, Fraction]
    rate_per_second: Fraction
    capacity: Capacity | None
    latency: Latency
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RuledOut:
    """What was left out and why; `options` counts the combinations, `code` is what the command line may end with."""

    what: str
    reason: str
    action: str = ""
    options: int = 0
    code: int = 3


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Every option that holds what is asked, the best first, and what was ruled out.

    `searched` counts all options, `shapes` how often the program ran.
    """

    goal: Goal
    region: str
    model: str
    unit: str
    per_month: Decimal
    peak_per_second: Fraction
    people_monthly: Fraction
    found: tuple[Found, ...]
    ruled_out: tuple[RuledOut, ...]
    not_considered: tuple[str, ...]
    notes: tuple[str, ...]
    searched: int
    shapes: int

    @property
    def winner(self) -> Found | None:
        """The cheapest that is known to hold everything asked; None when that is known of none."""
        first = self.found[0] if self.found else None
        return first if first and first.latency != "not known" else None
