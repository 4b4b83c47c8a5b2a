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
    """One way to get the predictions. `impossible` says why it cannot be had at all; empty when it can."""

    key: ScenarioKey
    name: str
    parts: tuple[Part, ...]
    once: tuple[Once, ...] = ()
    impossible: str = ""

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
        scenario, volume = self.scenarios[key], self.volumes[month]
        if scenario.impossible or (scenario.limit and volume > scenario.limit.volume):
            return None
        return scenario.curve.at(volume)

    def total(self, key: ScenarioKey) -> Fraction | None:
        """USD over all months with what is paid once; None where a month cannot be answered."""
        months = [self.monthly(key, month) for month in range(len(self.volumes))]
        known = [amount for amount in months if amount is not None]
        return self.scenarios[key].paid_once + sum(known) if len(known) == len(months) else None

    @property
    def cheapest(self) -> ScenarioKey:
        """The scenario with the lowest total; the API where no other can answer every month."""
        totals = {key: self.total(key) for key in self.scenarios}
        return min((key for key in totals if totals[key] is not None), key=lambda key: totals[key] or 0)
