"""Traces made of shapes: so many requests, so long, and where asked for so peaky."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from math import ceil, fsum, isfinite
from typing import Final

from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.scaling.traffic.shapes import FINEST_SECONDS, SHAPES, Grid, Shape, product
from infra.scaling.traffic.trace import MONDAY, MOST_STEPS, SECONDS_IN_A_DAY, SLACK, Trace

# Below this a ratio is met: no traffic is known to a thousandth.
NEAR: Final = 1e-4
# Sharper shapes are all but a single step.
SHARPEST: Final = 64.0
TIMES: Final = "*"


def generate(
    shape: Shape,
    *,
    total: float | None = None,
    per_second: float | None = None,
    per_month: float | None = None,
    days: float = 30,
    step_seconds: float = 60,
    peak_to_average: float | None = None,
    seed: int = 0,
    start: datetime = MONDAY,
    name: str = "",
) -> Trace:
    """A trace of a shape; requests are given in all, on average a second, or for a month of 730 hours: exactly one.

    `peak_to_average` (busiest step to average) sharpens or flattens the shape by raising it to a power: idle stays
    idle. The same arguments give the same trace. Raises InputError for what cannot be, such as a steady rate with
    peaks.
    """
    steps = _length(days, step_seconds)
    coarse = max(step_seconds, FINEST_SECONDS)
    grid = Grid(start=start, steps=ceil(days * SECONDS_IN_A_DAY / coarse - SLACK), step_seconds=coarse, seed=seed)
    values = shape(grid)
    if not (isfinite(sum(values)) and min(values) >= 0 and max(values) > 0):
        raise InputError("shape", "has no rate above 0 in this time", "give more days or another shape")
    if peak_to_average is not None:
        values = _peaked(values, peak_to_average)
    trace = Trace(counts=tuple(values), step_seconds=coarse, start=start, name=name)
    if coarse > step_seconds:
        trace = trace.resampled(step_seconds).for_seconds(steps * step_seconds)
    return _sized(trace, total, per_second, per_month)


def named(
    name: str,
    *,
    per_month: float,
    days: float = 30,
    step_seconds: float = 60,
    peak_to_average: float | None = None,
    seed: int = 0,
) -> Trace:
    """A trace by the name of its shape, or of several multiplied: `weekly*growth`. Names are those of SHAPES."""
    shapes = []
    for part in name.split(TIMES):
        known = part.strip().replace("-", "_")
        if known not in SHAPES:
            reason = f"no shape is named so{nearest(known, SHAPES)}"
            raise InputError(f"traffic {part.strip()!r}", reason, f"give one of {', '.join(SHAPES)}, or several with *")
        shapes.append(SHAPES[known]())
    return generate(
        product(*shapes),
        per_month=per_month,
        days=days,
        step_seconds=step_seconds,
        peak_to_average=peak_to_average,
        seed=seed,
        name=name,
    )


def _length(days: float, step_seconds: float) -> int:
    if not (isfinite(days) and days > 0):
        raise InputError("days", f"a trace of {days} days cannot be", "give a length above 0")
    if not (isfinite(step_seconds) and step_seconds > 0):
        raise InputError("step_seconds", f"a step of {step_seconds} s cannot be", "give a length above 0")
    steps = days * SECONDS_IN_A_DAY / step_seconds
    if steps > MOST_STEPS:
        reason = f"{steps:,.0f} steps, more than the limit of {MOST_STEPS:,}"
        raise InputError("trace", reason, "use longer steps or fewer days")
    return max(ceil(steps - SLACK), 1)


def _sized(trace: Trace, total: float | None, per_second: float | None, per_month: float | None) -> Trace:
    given = [value for value in (total, per_second, per_month) if value is not None]
    if len(given) != 1:
        raise InputError("trace", f"{len(given)} volumes given", "give one of total, per_second and per_month")
    if per_month is not None:
        return trace.scaled_to_month(per_month)
    return trace.scaled_to(total if total is not None else given[0] * trace.seconds)


def _peaked(values: Sequence[float], wanted: float) -> list[float]:
    """The values to the power at which their peak is so many times their average; found by halving."""
    top = max(values)
    # Rhythms repeat: a month of minutes is a few thousand different values.
    distinct = Counter(value / top for value in values if value)

    def reached(power: float) -> float:
        return len(values) / fsum([times * float(value**power) for value, times in distinct.items()])

    low, high = 0.0, SHARPEST
    if not (reached(low) - NEAR <= wanted <= reached(high) + NEAR):
        reason = f"this shape cannot peak at {wanted:g} times its average"
        raise InputError("peak_to_average", reason, f"give {reached(low):.3g} to {reached(high):.3g}")
    for _ in range(60):
        power = (low + high) / 2
        found = reached(power)
        if abs(found - wanted) < NEAR * wanted:
            break
        low, high = (power, high) if found < wanted else (low, power)
    return [float((value / top) ** power) if value else 0.0 for value in values]
