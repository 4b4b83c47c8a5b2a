"""What a trace is like, in the terms a capacity is planned with."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor
from operator import sub
from typing import Final

from infra.scaling.traffic.trace import SECONDS_IN_A_DAY, SECONDS_IN_A_WEEK, SECONDS_IN_AN_HOUR, SLACK, Trace

PEAK_WINDOWS: Final = (60, 300, 900, SECONDS_IN_AN_HOUR, SECONDS_IN_A_DAY)
RISE_WINDOWS: Final = (60, 300, 900)
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The busiest window of a length (the whole steps that fit in it), at whatever step it begins.

    `at` is seconds from the start of the trace.
    """

    window_seconds: float
    per_second: float
    to_average: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """How fast traffic grows from one window to the one right after it; `at` is where the second begins, in seconds.

    The largest growth in requests a second, and the largest ratio among windows that end at the average rate or above:
    from one request an hour to five is five times as many and needs nothing. 1 where nothing grows.
    """

    window_seconds: float
    growth_per_second: float
    at: float
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of one trace. Rates are requests a second; hours and weekdays are UTC.

    Windows shorter than a step or longer than the trace are left out. `rate_by_hour` (24 rates, midnight first) is
    empty for a trace of less than a day or steps above an hour; `rate_by_weekday` (7, Monday first) for one of less
    than a week or steps above a day. `idle_share` is the share of steps without a request.
    """

    total: float
    seconds: float
    average_per_second: float
    peak_per_second: float
    peaks: tuple[Peak, ...]
    p50_per_second: float
    p95_per_second: float
    p99_per_second: float
    idle_share: float
    rate_by_hour: tuple[float, ...]
    rate_by_weekday: tuple[float, ...]
    rises: tuple[Rise, ...]

    @property
    def busiest_hour(self) -> int | None:
        """The hour of day, 0 to 23, with the highest average rate; None where none stands out."""
        return _busiest(self.rate_by_hour)

    @property
    def busiest_weekday(self) -> str | None:
        """The weekday with the highest average rate; None where none stands out."""
        day = _busiest(self.rate_by_weekday)
        return None if day is None else WEEKDAYS[day]

    def peak_to_average(self, window_seconds: float) -> float | None:
        """Of the busiest window of that length; None where the trace has no such window."""
        return next((peak.to_average for peak in self.peaks if peak.window_seconds == window_seconds), None)


def statistics_of(trace: Trace) -> Statistics:
    """Statistics of a trace; time and memory grow with its steps, whatever the windows."""
    running = [0.0, *accumulate(trace.counts)]
    ordered = sorted(trace.counts)
    p50, p95, p99 = (_percentile(ordered, share) / trace.step_seconds for share in (0.50, 0.95, 0.99))
    by_hour, by_weekday = _rhythm(trace, running)
    fitting = [w for w in PEAK_WINDOWS if trace.step_seconds <= w <= trace.seconds]
    return Statistics(
        total=trace.total,
        seconds=trace.seconds,
        average_per_second=trace.average_per_second,
        peak_per_second=trace.peak_per_second,
        peaks=tuple(_peak(trace, running, window) for window in fitting),
        p50_per_second=p50,
        p95_per_second=p95,
        p99_per_second=p99,
        idle_share=trace.counts.count(0.0) / len(trace.counts),
        rate_by_hour=by_hour,
        rate_by_weekday=by_weekday,
        rises=tuple(_rise(trace, running, w) for w in RISE_WINDOWS if trace.step_seconds <= w <= trace.seconds / 2),
    )


def largest_rise(trace: Trace, window_seconds: float) -> Rise | None:
    """How fast traffic grows within a time, such as the boot of an instance; None where no two windows fit."""
    if not trace.step_seconds <= window_seconds <= trace.seconds / 2:
        return None
    return _rise(trace, [0.0, *accumulate(trace.counts)], window_seconds)


def _peak(trace: Trace, running: Sequence[float], window: float) -> Peak:
    sums, width = _sums(trace, running, window)
    highest = max(sums)
    rate, average = highest / width, trace.average_per_second
    return Peak(
        window_seconds=window,
        per_second=rate,
        to_average=rate / average if average else 1.0,
        at=sums.index(highest) * trace.step_seconds,
    )


def _rise(trace: Trace, running: Sequence[float], window: float) -> Rise:
    sums, width = _sums(trace, running, window)
    steps = round(width / trace.step_seconds)
    growths = list(map(sub, sums[steps:], sums))
    average = trace.average_per_second * width
    # Differences of running totals are off by their last digits: that is neither growth nor a request to grow from.
    nothing = average * SLACK
    largest = max(growths)
    ratios = [
        after / before
        for before, after in zip(sums, sums[steps:], strict=False)
        if after >= average > 0 and before > nothing
    ]
    return Rise(
        window_seconds=window,
        growth_per_second=largest / width if largest > nothing else 0.0,
        at=(growths.index(largest) + steps) * trace.step_seconds,
        ratio=max([1.0, *ratios]),
    )


def _sums(trace: Trace, running: Sequence[float], window: float) -> tuple[list[float], float]:
    """Requests in every window, by the step it begins with, and how long each is: the whole steps that fit in it."""
    steps = max(floor(window / trace.step_seconds + SLACK), 1)
    return list(map(sub, running[steps:], running)), steps * trace.step_seconds


def _busiest(rates: Sequence[float]) -> int | None:
    """Of rates that are sums of the same requests in another order, equal ones differ in their last digits."""
    if not rates or max(rates) <= min(rates) * (1 + SLACK):
        return None
    return rates.index(max(rates))


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them do not exceed."""
    return ordered[max(ceil(share * len(ordered) - SLACK) - 1, 0)]


def _rhythm(trace: Trace, running: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Average rates by hour of day and by weekday, split exactly at full hours."""
    requests, seconds = [0.0] * 168, [0.0] * 168
    begin, offset = 0.0, trace.start - trace.start.replace(hour=0, minute=0, second=0, microsecond=0)
    into = trace.start.weekday() * SECONDS_IN_A_DAY + offset.total_seconds()
    while begin < trace.seconds:
        hour = floor((into + begin) / SECONDS_IN_AN_HOUR + SLACK)
        end = min((hour + 1) * SECONDS_IN_AN_HOUR - into, trace.seconds)
        requests[hour % 168] += _until(trace, running, end) - _until(trace, running, begin)
        seconds[hour % 168] += end - begin
        begin = end
    hours = trace.step_seconds <= SECONDS_IN_AN_HOUR and trace.seconds >= SECONDS_IN_A_DAY
    days = trace.step_seconds <= SECONDS_IN_A_DAY and trace.seconds >= SECONDS_IN_A_WEEK
    return (
        tuple(sum(requests[h::24]) / sum(seconds[h::24]) for h in range(24)) if hours else (),
        tuple(sum(requests[d * 24 : d * 24 + 24]) / sum(seconds[d * 24 : d * 24 + 24]) for d in range(7))
        if days
        else (),
    )


def _until(trace: Trace, running: Sequence[float], moment: float) -> float:
    """Requests from the start up to a moment, which may lie within a step."""
    steps, part = divmod(moment / trace.step_seconds, 1.0)
    whole = min(int(steps), len(trace.counts))
    return running[whole] + (trace.counts[whole] * part if whole < len(trace.counts) else 0.0)
