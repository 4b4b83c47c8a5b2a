"""A simulation as it is shown: what was asked, what came of it, what it costs; one object for every form."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from infra.costs.bursts import WithBursts
from infra.costs.estimate import Estimate
from infra.scaling.result import LOSSES, Run
from infra.scaling.traffic import Trace
from infra.simulate.bill import billed, fleet_of
from infra.simulate.group import Simulated
from infra.simulate.types import Objective

QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A run of a stack under a trace; `steady` is the estimate by the average rule, `priced` with the run's hours.

    `break_even` compares both over the volume, where it was asked for.
    """

    name: str
    trace: Trace
    run: Run
    objective: Objective
    steady: Estimate
    priced: Estimate
    notes: tuple[str, ...]
    break_even: WithBursts | None = None

    @classmethod
    def of(cls, name: str, trace: Trace, run: Run, objective: Objective, steady: Estimate, group: Simulated) -> "Shown":
        """The run with its bill beside that of the average rule, both at the volume the traffic stands for."""
        priced = billed(steady, group.group.name, [run])
        return cls(
            name=name,
            trace=trace,
            run=run,
            objective=objective,
            steady=steady.again(workload=priced.workload),
            priced=priced,
            notes=tuple(dict.fromkeys((*trace.notes, *group.notes))),
        )

    @property
    def volume(self) -> Decimal:
        """Units a month."""
        return self.priced.workload.volume.per_month

    @property
    def monthly(self) -> Fraction:
        """USD a month with the simulated instances."""
        return self.priced.monthly("expected")

    @property
    def fleet(self) -> Fraction:
        """USD a month of the part that holds the instances."""
        return fleet_of(self.priced)

    @property
    def months(self) -> float:
        """How much of a month the run is."""
        return self.run.seconds / (float(self.priced.workload.volume.hours_per_month) * 3600)

    @property
    def by_average(self) -> Fraction:
        """USD a month by the average rule, at the same volume."""
        return self.steady.monthly("expected")

    @property
    def latencies(self) -> tuple[tuple[str, float], ...]:
        """Seconds by the name of the quantile."""
        return tuple((name, self.run.quantile(share)) for name, share in QUANTILES)

    @property
    def losses(self) -> tuple[tuple[str, str, float], ...]:
        """Requests lost, with the reason's name and words, most first."""
        rows = ((key, LOSSES[key], count) for key, count in self.run.lost.items() if count > 0)
        return tuple(sorted(rows, key=lambda row: -row[2]))

    @property
    def holds(self) -> bool:
        """Whether the objective is kept."""
        return self.objective.holds(self.run)

    @property
    def verdict(self) -> str:
        """The objective, and how the run stands to it."""
        good = self.run.good_share(self.objective.seconds)
        return f"{self.objective.words}: {'held' if self.holds else 'missed'} ({good:.4%} were)"
