"""What a plan is asked for and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from infra.costs.errors import InputError
from infra.scaling.result import Run


@dataclass(frozen=True, kw_only=True)
class Objective:
    """Of all requests `share` are answered within `seconds`, and at most `lost` never."""

    seconds: float = 0.5
    share: float = 0.999
    lost: float = 0.0

    def __post_init__(self) -> None:
        if self.seconds <= 0:
            raise InputError("objective", f"{self.seconds:g} seconds", "give a latency above 0")
        if not 0 < self.share <= 1 or not 0 <= self.lost < 1:
            raise InputError("objective", f"shares {self.share:g} and {self.lost:g}", "give shares from 0 to 1")

    def holds(self, run: Run) -> bool:
        """Whether a run keeps it; a request in a million counts as none."""
        return run.lost_share <= self.lost + 1e-6 and run.good_share(self.seconds) >= self.share

    @property
    def words(self) -> str:
        """The objective as one reads it."""
        lost = "none lost" if not self.lost else f"at most {_percent(self.lost)} lost"
        return f"{_percent(self.share)} of all requests within {self.seconds * 1000:g} ms, {lost}"


def _percent(share: float) -> str:
    return f"{share * 100:.6g} %"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One way to run the group: its settings, what a simulation of it showed, and USD a month of the whole stack.

    `fleet` is the part of that which the instances are.
    """

    strategy: str
    settings: Mapping[str, Any]
    run: Run
    monthly: Fraction
    fleet: Fraction
    holds: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every way that was kept, the planned one among them, and what the search rested on."""

    objective: Objective
    per_month: Decimal
    unit: str
    tried: tuple[Tried, ...]
    planned: Tried | None
    static: Tried | None
    simulations: int
    notes: tuple[str, ...]

    @property
    def saved(self) -> Fraction | None:
        """The part of the instances' cost that the plan saves against a static group for the peak."""
        if not self.planned or not self.static or not self.static.fleet:
            return None
        return 1 - self.planned.fleet / self.static.fleet
