"""Rows of a time and a number of requests, in whatever order and with whatever gaps, as a trace of even steps."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from math import gcd
from operator import itemgetter
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.numbers import LARGEST, shown
from infra.scaling.traffic.trace import MOST_STEPS, Trace

TIME_NAMES: Final = ("timestamp", "time", "datetime", "date_time", "date", "ts")
VALUE_NAMES: Final = (
    "requests", "request_count", "requestcount", "count", "sum", "value", "hits", "calls", "invocations"
)  # fmt: skip
# A gap is a whole number of steps when it is this near to one, in steps; clocks and schedulers are never exact.
JITTER: Final = 0.25
# So many gaps may be of odd length before the rows count as uneven, or must be as short as a step that is believed.
ODD_SHARE: Final = 0.05
# A finer step than the usual gap is believed down to this part of it; below, rows are just not regular.
FINEST_PART: Final = 60
MINUTE: Final = 60
LONGEST_NAME: Final = 120


@dataclass(slots=True)
class Series:
    """Rows read so far from one source; those with a time and no value tell how long a step is, and nothing else."""

    source: str
    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    blank_times: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, moment: float, value: Any, where: str) -> None:
        """One row. Raises InputError, naming `where`, for a value that is no number of requests."""
        if len(self.times) + len(self.blank_times) >= MOST_STEPS:
            raise InputError(self.source, f"more than {MOST_STEPS:,} rows", "use longer steps or less time")
        if value is None or value == "":
            self.blank_times.append(moment)
            return
        try:
            requests = float(value) if not isinstance(value, bool) else -1.0
        except (TypeError, ValueError, OverflowError):
            requests = -1.0
        if not 0 <= requests <= LARGEST:
            reason = f"{where}: {shown(value)} is no number of requests"
            raise InputError(self.source, reason, "give a number of 0 or more")
        self.times.append(moment)
        self.values.append(requests)


def columns(header: list[str], source: str) -> tuple[int, int]:
    """Which columns hold the time and the requests. Raises InputError where that is not plain."""
    names = [name.strip().lower().replace(" ", "_") for name in header]
    return (
        _only(names, TIME_NAMES, "the time", header, source),
        _only(names, VALUE_NAMES, "the requests", header, source),
    )


def _only(names: list[str], known: tuple[str, ...], what: str, header: list[str], source: str) -> int:
    found = [i for i, name in enumerate(names) if name in known]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(shown(header[i]) for i in found or range(min(len(header), 8)))
    reason = f"columns {listed} could all be {what}" if found else f"no column of {what} among {listed}"
    raise InputError(source, reason, f"name exactly one column {known[0]} (or {', '.join(known[1:])})")


def trace_of(series: Series, name: str, notes: tuple[str, ...] = (), step_seconds: float | None = None) -> Trace:
    """Steps of even length: as long as `step_seconds`, else as the rows are apart.

    A step without a row holds no requests, rows of the same step add up; both are said in the notes. CloudWatch writes
    no row for a minute without a request, so a missing row there is a zero. Raises InputError for fewer than two rows
    (one, where the step is known) and for rows that are not evenly spaced.
    """
    rows = list(zip(series.times, series.values, strict=True))
    rows.sort(key=itemgetter(0))
    if len(rows) < (1 if step_seconds else 2):
        reason = f"{len(rows)} rows with a value: too few to see how long a step is"
        raise InputError(series.source, reason, "give at least two steps")
    step = step_seconds or _step(sorted((*series.times, *series.blank_times)), series.source)
    first = rows[0][0]
    length = int((rows[-1][0] - first) / step + 0.5) + 1
    if length > MOST_STEPS:
        reason = f"{length:,} steps of {step:g} s from first to last row, more than the limit of {MOST_STEPS:,}"
        raise InputError(series.source, reason, "give a shorter time or longer steps")
    counts, seen = [0.0] * length, bytearray(length)
    for moment, value in rows:
        at = int((moment - first) / step + 0.5)
        counts[at] += value
        seen[at] = 1
    return Trace(
        counts=tuple(counts),
        step_seconds=step,
        start=datetime.fromtimestamp(first, UTC),
        name=" ".join(name.split())[:LONGEST_NAME],
        notes=(*notes, *_said(rows, seen, series, step)),
    )


def _said(rows: list[tuple[float, float]], seen: bytearray, series: Series, step: float) -> list[str]:
    said = []
    filled = seen.count(1)
    if missing := len(seen) - filled:
        gap, before = max((b[0] - a[0], a[0]) for a, b in pairwise(rows))
        since = datetime.fromtimestamp(before, UTC)
        said.append(
            f"{missing:,} of {len(seen):,} steps have no row and count as 0 requests; "
            f"the longest gap is {gap - step:g} s after {since:%Y-%m-%d %H:%M:%S} UTC"
        )
    if together := len(rows) - filled:
        said.append(f"{together:,} rows fall into a step that has one already and are added to it")
    if series.blank_times:
        said.append(f"{len(series.blank_times):,} rows have no value and count as missing")
    return said


def _step(times: list[float], source: str) -> float:
    """How long a step is, from how far the rows are apart."""
    gaps = Counter(after - before for before, after in pairwise(times) if after > before)
    if not gaps:
        raise InputError(source, "all rows are of the same time", "give at least two steps")
    usual = _median(gaps)
    exact = gcd(*map(int, gaps)) if all(gap == int(gap) for gap in gaps) else 0
    believed = exact and usual / exact <= FINEST_PART
    if believed and gaps[exact] >= ODD_SHARE * gaps.total():
        return float(exact)
    odd = sum(n for gap, n in gaps.items() if abs(gap / usual - round(gap / usual)) > JITTER)
    if odd <= ODD_SHARE * gaps.total():
        return _averaged(gaps, usual)
    if believed and exact >= MINUTE:
        return float(exact)
    reason = f"rows are not evenly spaced: {min(gaps):g} s to {max(gaps):g} s apart, {usual:g} s in the middle"
    raise InputError(source, reason, "give one row for each step, such as sums of 1 or 5 minutes")


def _median(gaps: Counter[float]) -> float:
    ordered = sorted(gaps.items())
    reached = accumulate(times for _, times in ordered)
    return next(gap for (gap, _), times in zip(ordered, reached, strict=True) if times * 2 >= gaps.total())


def _averaged(gaps: Counter[float], usual: float) -> float:
    """The step that fits from first to last: whole minutes or seconds, unless the rows would drift off them."""
    span, steps = sum(gap * n for gap, n in gaps.items()), sum(round(gap / usual) * n for gap, n in gaps.items())
    step = span / steps
    for unit in (MINUTE, 1):
        even = round(step / unit) * unit
        if even and abs(even * steps - span) < even / 2:
            return float(even)
    return step
