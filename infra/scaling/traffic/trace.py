"""A trace: how many requests came in each step of time."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil, floor, fsum, isfinite
from typing import Final, Self

from infra.costs.errors import InputError

MONDAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
"""Where a trace starts that has no date of its own: a Monday, so that weekdays are where one expects them."""
MOST_STEPS: Final = 10_000_000
"""A trace holds no more: 115 days in steps of a second, 19 years in steps of a minute."""
SECONDS_IN_A_DAY: Final = 86_400
SECONDS_IN_A_WEEK: Final = 7 * SECONDS_IN_A_DAY
SECONDS_IN_AN_HOUR: Final = 3_600
# Steps are counted with this much of a step forgiven, since 0.1 + 0.2 is not 0.3.
SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Requests in each step, from `start` on; within a step they are taken to come evenly.

    `notes` say in words what the reader or a change did to the data; they are no part of what makes two traces equal.
    Raises InputError for no steps, more than MOST_STEPS, a count or a step that cannot be, a start without a zone.
    """

    counts: tuple[float, ...] = field(repr=False)
    step_seconds: float
    start: datetime = MONDAY
    name: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        thing = f"trace {self.name!r}" if self.name else "trace"
        _check_step(self.step_seconds, thing)
        if self.start.utcoffset() is None:
            raise InputError(thing, f"start {self.start} has no time zone", "give it with one, such as +00:00")
        object.__setattr__(self, "counts", _checked(self.counts, thing))
        object.__setattr__(self, "start", self.start.astimezone(UTC))

    @property
    def seconds(self) -> float:
        """How long the trace is."""
        return len(self.counts) * self.step_seconds

    @property
    def total(self) -> float:
        """Requests in all steps."""
        return fsum(self.counts)

    @property
    def average_per_second(self) -> float:
        """Requests a second over the whole trace."""
        return self.total / self.seconds

    @property
    def peak_per_second(self) -> float:
        """Requests a second in the busiest step."""
        return max(self.counts) / self.step_seconds

    def scaled_to(self, total: float) -> Self:
        """The same shape with so many requests in all."""
        if not (isfinite(total) and total >= 0):
            raise InputError("trace", f"cannot hold {total} requests", "scale to a number of 0 or more")
        own = self.total
        if total and not own:
            raise InputError("trace", "has no requests, so no shape to scale", "give a trace with requests in it")
        factor = total / own if own else 0.0
        return replace(self, counts=tuple([count * factor for count in self.counts]))

    def scaled_to_month(self, per_month: float, hours: float = 730) -> Self:
        """The same shape at such a rate that a month of `hours` holds `per_month` requests."""
        return self.scaled_to(per_month * self.seconds / (hours * SECONDS_IN_AN_HOUR))

    def for_seconds(self, seconds: float) -> Self:
        """The whole steps that cover so many seconds from the start: cut, or repeated.

        What is repeated is whole weeks of a trace of a week or more, whole days of a shorter one, so that hours and
        weekdays stay where they were; a trace of less than a day is repeated from its start.
        """
        wanted = self._steps(seconds)
        if wanted <= len(self.counts):
            return replace(self, counts=self.counts[:wanted])
        unit = self.counts[: self._repeated()]
        times, rest = divmod(wanted, len(unit))
        said = f"repeated: {_days(len(unit) * self.step_seconds)} to fill {_days(wanted * self.step_seconds)}"
        return replace(self, counts=unit * times + unit[:rest], notes=(*self.notes, said))

    def resampled(self, step_seconds: float) -> Self:
        """The same requests in other steps: coarser ones sum, finer ones split evenly, odd ones share by time.

        The last step may reach beyond the end of the trace, and then holds what there is.
        """
        _check_step(step_seconds, "trace")
        if step_seconds == self.step_seconds:
            return self
        whole = ceil(self.seconds / step_seconds - SLACK)
        _check_length(whole, "trace")
        return replace(
            self, counts=_shared(self.counts, self.step_seconds, step_seconds, whole), step_seconds=step_seconds
        )

    def between(self, begin: float, end: float) -> Self:
        """The whole steps that hold the time from `begin` to `end`, in seconds from the start."""
        first, last = floor(begin / self.step_seconds + SLACK), ceil(end / self.step_seconds - SLACK)
        if not 0 <= first < last <= len(self.counts):
            reason = f"{begin:g} s to {end:g} s is not within its {self.seconds:g} s"
            raise InputError("trace", reason, "give two times within it, the earlier first")
        start = self.start + timedelta(seconds=first * self.step_seconds)
        return replace(self, counts=self.counts[first:last], start=start)

    def _steps(self, seconds: float) -> int:
        if not (isfinite(seconds) and seconds > 0):
            raise InputError("trace", f"cannot last {seconds} s", "give a length above 0")
        steps = max(ceil(seconds / self.step_seconds - SLACK), 1)
        _check_length(steps, "trace")
        return steps

    def _repeated(self) -> int:
        """How many steps from the start are repeated."""
        for period in (SECONDS_IN_A_WEEK, SECONDS_IN_A_DAY):
            periods = floor(self.seconds / period + SLACK)
            if periods:
                return round(periods * period / self.step_seconds)
        return len(self.counts)


def _shared(counts: tuple[float, ...], old: float, new: float, steps: int) -> tuple[float, ...]:
    ratio = new / old
    if ratio == round(ratio):
        size = round(ratio)
        return tuple([fsum(counts[i : i + size]) for i in range(0, len(counts), size)])
    if old / new == round(old / new):
        parts = round(old / new)
        return tuple([part for count in counts for part in (count / parts,) * parts])
    shared = [0.0] * steps
    for i, count in enumerate(counts):
        begin, end = i * old, (i + 1) * old
        j = min(int(begin / new), steps - 1)
        while begin < end:
            edge = min(end, (j + 1) * new) if j < steps - 1 else end
            shared[j] += count * max(edge - begin, 0.0) / old
            begin, j = edge, j + 1
    return tuple(shared)


def _checked(counts: Iterable[float], thing: str) -> tuple[float, ...]:
    action = "give a number of requests of 0 or more for each step"
    try:
        # An array takes numbers alone, and at once: a loop over millions of steps would take seconds.
        values = tuple(array("d", counts))
        total = fsum(values)
    except (TypeError, ValueError, OverflowError):
        raise InputError(thing, "a count is no number", action) from None
    if not values:
        raise InputError(thing, "has no steps", "give at least one")
    _check_length(len(values), thing)
    if not isfinite(total) or min(values) < 0:
        at, wrong = next((i, count) for i, count in enumerate(values) if not (isfinite(count) and count >= 0))
        raise InputError(thing, f"{wrong:g} requests in step {at} cannot be", action)
    return values


def _check_length(steps: int, thing: str) -> None:
    if steps > MOST_STEPS:
        raise InputError(
            thing, f"{steps:,} steps, more than the limit of {MOST_STEPS:,}", "use longer steps or less time"
        )


def _check_step(step_seconds: float, thing: str) -> None:
    if not (isfinite(step_seconds) and step_seconds > 0):
        raise InputError(thing, f"a step of {step_seconds} s cannot be", "give a length above 0")


def _days(seconds: float) -> str:
    return f"{seconds / SECONDS_IN_A_DAY:.4g} days"
