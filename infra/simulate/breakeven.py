"""Break-even with bursts: the same traffic at several volumes, and instances between them."""

from collections.abc import Callable

from infra.costs.errors import InputError
from infra.costs.estimate import Estimate
from infra.scaling.result import Run
from infra.scaling.traffic import Trace
from infra.simulate.bill import billed
from infra.simulate.group import Simulated
from infra.simulate.run import simulate
from infra.simulate.types import Objective

SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)
"""Volumes that are simulated, as shares of what the group at its maximum can do with this peak to average."""
LONGEST_SECONDS = 14 * 86_400.0
STEP_SECONDS = 30.0
LEAST = 2
Say = Callable[[str], None]


def with_bursts(
    steady: Estimate, group: Simulated, trace: Trace, objective: Objective, say: Say = lambda line: None
) -> Estimate:
    """The estimate with instances as simulated over the volume; infeasible where the objective is not held any more.

    Between the volumes the instances are taken on straight lines; the trace keeps its shape at each of them.
    Raises InputError for traffic without requests: it has no shape.
    """
    settings = group.settings
    most = settings.maximum * max(kind.server.rate_per_second for kind in settings.kinds)
    base = trace.for_seconds(min(trace.seconds, LONGEST_SECONDS))
    if not base.total:
        raise InputError("break-even", "the traffic has no requests, so no shape", "give traffic with requests in it")
    top = most / base.peak_per_second * base.total
    runs: list[Run] = []
    for share in SHARES:
        run = simulate(settings, base.scaled_to(share * top), engine="fluid", step_seconds=STEP_SECONDS)
        say(f"{share:.0%} of what the maximum can do: {run.lost_share:.3%} lost")
        if len(runs) >= LEAST and not objective.holds(run):
            break
        runs.append(run)
    reason = f"the objective is missed ({objective.words})"
    priced = billed(steady, group.group.name, runs, reason)
    return priced.again(workload=steady.workload.at_volume(steady.workload.volume.per_month))
