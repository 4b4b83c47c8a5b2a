"""A stack under a trace: which simulation, what of it the estimator takes, and the break-even with bursts."""

from decimal import Decimal
from typing import Literal

from infra.costs.workload import Workload
from infra.scaling.events import Cluster
from infra.scaling.fluid import Month
from infra.scaling.group import GroupSettings
from infra.scaling.result import Run
from infra.scaling.traffic import Trace

Engine = Literal["auto", "exact", "fluid"]
EXACT_MOST = 1_000_000
"""Requests up to which every one is followed, unless asked otherwise; about 10 seconds."""
SERIES = 400
"""Steps a series has at most, about."""


def simulate(
    settings: GroupSettings,
    trace: Trace,
    *,
    engine: Engine = "auto",
    seed: int = 0,
    step_seconds: float = 10.0,
    most_lost: float = 1.0,
) -> Run:
    """Run a group under a trace; `auto` follows every request where there are few enough.

    The fluid simulation ends early once more than `most_lost` of all the trace's requests are lost.
    """
    if engine == "exact" or (engine == "auto" and trace.total <= EXACT_MOST):
        return Cluster(settings, trace, seed=seed).run()
    moment = max(trace.step_seconds, 60.0, trace.seconds / SERIES)
    moment = -(-moment // step_seconds) * step_seconds
    month = Month(settings, trace, seed=seed, step_seconds=step_seconds, moment_seconds=moment)
    return month.run(most_lost=most_lost * trace.total)


def volume_of(run: Run, workload: Workload) -> Decimal:
    """Units a month that a run stands for: its requests over its length, times a month's hours."""
    return _per_month(run.arrived, run.seconds, workload)


def volume_in(trace: Trace, workload: Workload) -> Decimal:
    """Units a month that a trace stands for."""
    return _per_month(trace.total, trace.seconds, workload)


def _per_month(requests: float, seconds: float, workload: Workload) -> Decimal:
    months = seconds / (float(workload.volume.hours_per_month) * 3600)
    return Decimal(str(round(requests / months, 3))) * workload.request.units
