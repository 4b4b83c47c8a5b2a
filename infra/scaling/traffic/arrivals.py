"""The moments at which the requests of a trace come."""

from collections.abc import Iterator
from itertools import accumulate
from math import ceil, floor, log
from random import Random

from infra.scaling.traffic.trace import SLACK, Trace


def arrivals(
    trace: Trace, seed: int = 0, begin: float = 0.0, end: float | None = None, *, exact: bool = False
) -> Iterator[float]:
    """Rising times of requests in seconds from the start of the trace, from `begin` up to but not at `end`.

    A Poisson process whose rate is that of each step, so a step holds its count on average. With `exact` it holds its
    count rounded down or up, at even chance over the step, such that the running total is never half a request off.
    The same seed and the same times give the same arrivals.
    """
    last = trace.seconds if end is None else min(end, trace.seconds)
    random = Random(seed)
    moments = _placed(trace, random, begin, last) if exact else _poisson(trace, random, begin, last)
    return (moment for moment in moments if begin <= moment < last)


def _poisson(trace: Trace, random: Random, begin: float, end: float) -> Iterator[float]:
    """One draw for each request, none for idle steps: the time to the next is counted in requests due, not seconds."""
    step, uniform = trace.step_seconds, random.random
    first = max(floor(begin / step + SLACK), 0)
    due = -log(1.0 - uniform())
    for i in range(first, min(ceil(end / step - SLACK), len(trace.counts))):
        count, moment = trace.counts[i], i * step
        # Where in this step the walk begins: only the first may be entered midway.
        left, entered = count, 0.0
        if i == first and begin > moment:
            entered = (begin - moment) / step * count
            left -= entered
        passed = entered
        while due < left:
            passed += due
            left -= due
            yield moment + min(passed / count, 1.0) * step
            due = -log(1.0 - uniform())
        due -= left


def _placed(trace: Trace, random: Random, begin: float, end: float) -> Iterator[float]:
    step, before = trace.step_seconds, 0
    first = floor(begin / step + SLACK)
    for i, until in enumerate(accumulate(trace.counts)):
        moment = i * step
        if moment >= end:
            return
        # Rounding the running total spreads what fractions add up to; rounding each count would lose it.
        placed, before = floor(until + 0.5 + SLACK) - before, floor(until + 0.5 + SLACK)
        if i >= first and placed:
            yield from sorted([moment + random.random() * step for _ in range(placed)])
