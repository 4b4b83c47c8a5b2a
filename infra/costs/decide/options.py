"""One way to get the predictions, and what it costs over a run of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

from infra.costs.curves import Curve
from infra.costs.decide.answer import Block, Side
from infra.costs.decide.candidates import Candidate
from infra.costs.decide.remembered import Remembered
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
    def known(self) -> dict[int, tuple[Sequence[Fraction], "Amounts"]]:
        """What it costs at volumes asked for before, by their ids."""
        return {}

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
    """What an option costs at the volumes of the months, none of them below the one before."""
    key = id(volumes)
    if key not in option.known:
        # The volumes are kept beside them: while they live, no other tuple has their id.
        option.known[key] = (volumes, _amounts(option.scenario, volumes))
    return option.known[key][1]


def _amounts(scenario: Scenario, volumes: Sequence[Fraction]) -> Amounts:
    curve, limit = scenario.curve, scenario.limit
    if scenario.impossible:
        return Amounts(first=None, dearest=None, total=None)
    if limit and volumes[-1] > limit.volume:
        first = None if volumes[0] > limit.volume else curve.at(volumes[0])
        return Amounts(first=first, dearest=None, total=None)
    first = curve.at(volumes[0])
    if volumes[0] == volumes[-1]:
        return Amounts(first=first, dearest=first, total=scenario.paid_once + first * len(volumes))
    total, dearest = scenario.paid_once, first
    for line, run in curve.runs(volumes):
        total += line.base * len(run)
        if line.slope:
            total += line.slope * sum(run)
        dearest = max(dearest, line.at(run[0]), line.at(run[-1]))
    return Amounts(first=first, dearest=dearest, total=total)
