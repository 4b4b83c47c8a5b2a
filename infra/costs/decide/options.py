"""One way to get the predictions, and what it costs over a run of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

from infra.costs.curves import Curve
from infra.costs.decide.answer import Block, Side
from infra.costs.decide.candidates import Candidate, Remembered
from infra.costs.managed import ManagedApi
from infra.costs.tco.types import Scenario, ScenarioKey

PEOPLE: Final = ("People", "On-call")


@dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """One way to get the predictions. `blocks` are the hard rules that forbid it whatever the volume."""

    key: ScenarioKey
    name: str
    scenario: Scenario
    blocks: tuple[Block, ...] = ()
    api: ManagedApi | None = None
    candidate: Candidate | None = None
    estimate: Remembered | None = None

    @property
    def side(self) -> Side:
        """Who runs the model."""
        return "api" if self.key == "api" else "host"

    @cached_property
    def without_people(self) -> Curve:
        """USD a month over volume, nobody's time in it."""
        return Curve.total(part.monthly for part in self.scenario.parts if part.name not in PEOPLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """USD of an option over a run of months: first, dearest, all with what is paid once. None: beyond capacity."""

    first: Fraction | None
    dearest: Fraction | None
    total: Fraction | None


def amounts(option: Option, volumes: Sequence[Fraction]) -> Amounts:
    """What an option costs at the volumes of the months."""
    curve, limit = option.scenario.curve, option.scenario.limit
    if option.scenario.impossible:
        return Amounts(first=None, dearest=None, total=None)
    known = {v: None if limit and v > limit.volume else curve.at(v) for v in dict.fromkeys(volumes)}
    months = [known[v] for v in volumes]
    sure = [amount for amount in months if amount is not None]
    if len(sure) < len(months):
        return Amounts(first=months[0], dearest=None, total=None)
    return Amounts(first=months[0], dearest=max(sure), total=option.scenario.paid_once + sum(sure))
