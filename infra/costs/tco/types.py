"""Scenarios side by side over the life of a service: what each is made of, month by month."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final, Literal

from infra.costs.curves import Curve, Limit
from infra.costs.managed import ManagedApi
from infra.costs.workload import Workload

ScenarioKey = Literal["api", "self-hosted", "fallback", "scale-to-zero"]
SCENARIOS: Final[tuple[ScenarioKey, ...]] = ("api", "self-hosted", "fallback", "scale-to-zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of a scenario: `monthly` USD as a curve of volume; `basis` says how it came about, with its keys."""

    name: str
    monthly: Curve
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """USD paid once, before the first month."""

    name: str
    amount: Fraction
    basis: str


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One way to get the predictions. `impossible` says why it cannot be had at all; empty when it can.

    `assumes` says who answers a burst and what else the figures rest on; `unknown` is what they leave out, unpriced.
    """

    key: ScenarioKey
    name: str
    parts: tuple[Part, ...]
    once: tuple[Once, ...] = ()
    impossible: str = ""
    assumes: str = ""
    unknown: tuple[str, ...] = ()

    @cached_property
    def curve(self) -> Curve:
        """USD a month over volume, what is paid once left out; its limit is where the scenario's capacity ends."""
        return Curve.total(part.monthly for part in self.parts)

    @property
    def limit(self) -> Limit | None:
        """Where its capacity ends."""
        return self.curve.limit

    @property
    def paid_once(self) -> Fraction:
        """USD before the first month."""
        return sum((one.amount for one in self.once), Fraction(0))


@dataclass(frozen=True, kw_only=True)
class Tco:
    """Every scenario over the months of the workload's [ownership]; `volumes` are units of each month, rounded up."""

    workload: Workload
    api: ManagedApi
    scenarios: Mapping[ScenarioKey, Scenario]
    volumes: tuple[Fraction, ...]

    def monthly(self, key: ScenarioKey, month: int) -> Fraction | None:
        """USD in a month (from 0), what is paid once left out; None where the scenario cannot answer its volume."""
        if self.scenarios[key].impossible or self.ends(key, month):
            return None
        return self.scenarios[key].curve.at(self.volumes[month])

    def ends(self, key: ScenarioKey, month: int) -> Limit | None:
        """The limit that a month's volume lies beyond; None while the scenario can answer it."""
        limit = self.scenarios[key].limit
        return limit if limit and self.volumes[month] > limit.volume else None

    def ends_from(self, key: ScenarioKey) -> int | None:
        """The first month (from 0) that the scenario cannot answer."""
        return next((month for month in range(len(self.volumes)) if self.ends(key, month)), None)

    def total(self, key: ScenarioKey) -> Fraction | None:
        """USD over all months with what is paid once; None where a month cannot be answered."""
        months = [self.monthly(key, month) for month in range(len(self.volumes))]
        known = [amount for amount in months if amount is not None]
        return self.scenarios[key].paid_once + sum(known) if len(known) == len(months) else None

    def per_unit(self, key: ScenarioKey) -> Fraction | None:
        """USD for one unit over all months; None without a total or without volume."""
        total, units = self.total(key), sum(self.volumes)
        return total / units if total is not None and units else None

    def amortised(self, key: ScenarioKey) -> Fraction:
        """What is paid once as USD a month, spread over ownership.amortised_months."""
        return self.scenarios[key].paid_once / Fraction(self.workload.ownership.amortised_months)

    @property
    def cheapest(self) -> ScenarioKey:
        """The scenario with the lowest total; the API where no other can answer every month."""
        return _least({key: self.total(key) for key in self.scenarios})

    def cheapest_in(self, month: int) -> ScenarioKey:
        """The scenario with the lowest cost in a month (from 0), what is paid once left out."""
        return _least({key: self.monthly(key, month) for key in self.scenarios})

    @cached_property
    def changes(self) -> tuple[tuple[int, ScenarioKey], ...]:
        """The months (from 0) in which another scenario becomes the cheapest of its month, and which."""
        best = [self.cheapest_in(month) for month in range(len(self.volumes))]
        return tuple((n, best[n]) for n in range(1, len(best)) if best[n] != best[n - 1])


def _least(amounts: Mapping[ScenarioKey, Fraction | None]) -> ScenarioKey:
    known = {key: amount for key, amount in amounts.items() if amount is not None}
    return min(known, key=lambda key: known[key])
