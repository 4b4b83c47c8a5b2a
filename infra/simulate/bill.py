"""What a simulated group costs: its instance-hours in place of the average rule, everything else as estimated."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from infra.costs.estimate import Estimate, shares
from infra.costs.simulated import SimulatedUse, UsePoint
from infra.costs.workload import Workload
from infra.scaling.result import Run
from infra.simulate.run import volume_of

FLEET = "Fleet"


def point_of(run: Run, workload: Workload) -> UsePoint:
    """A run as the estimator takes it: its volume a month, and instances on average."""
    return UsePoint(
        volume=Fraction(volume_of(run, workload)),
        on_demand=_exact(run.average_instances(spot=False)),
        spot=_exact(run.average_instances(spot=True)),
        warm=_exact(run.average_warm),
    )


def billed(steady: Estimate, group: str, runs: Sequence[Run], reason: str = "") -> Estimate:
    """The estimate with a group's simulated instances, at the volume of the last run.

    Several runs at rising volumes give a curve; with a `reason` more than the last of them cannot be.
    """
    workload = steady.workload
    points = [point_of(run, workload) for run in runs]
    words = f"{len(runs)} simulation{'s' if len(runs) > 1 else ''} of {runs[-1].name or 'the traffic'}"
    use = SimulatedUse.through(points, words, limit_reason=reason)
    volume = Decimal(points[-1].volume.numerator) / Decimal(points[-1].volume.denominator)
    return steady.again(workload=workload.at_volume(volume), simulated={group: use})


def fleet_of(estimate: Estimate) -> Fraction:
    """USD a month of the part that holds the instances."""
    found = shares(estimate)
    return found[FLEET].expected if FLEET in found else estimate.monthly("expected")


def _exact(value: float) -> Fraction:
    """A float as the decimal it prints as, to a millionth: what it was computed from is no more exact."""
    return Fraction(str(round(value, 6)))
