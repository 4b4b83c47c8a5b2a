"""Scales of the charts over time: dates below, figures at the side, both with round ticks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10
from typing import Final

LEFT, RIGHT, TOP, BOTTOM = 66, 846, 10, 150
"""Where the lines of a chart lie in its drawing of 860 x 174."""
MOST_DATES: Final = 8
MOST_FIGURES: Final = 5
MOST_SIZES: Final = 8
ROOM: Final = 1.05
"""Above the largest figure, so that a line does not lie on the edge."""
LONG_DAYS: Final = 70
DAY: Final = 86_400
# Seconds between two dates; a week's stand on Mondays.
STEPS: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
    DAY, 2 * DAY, 7 * DAY, 14 * DAY,
)  # fmt: skip
MONTHS: Final = (1, 2, 3, 6, 12, 24, 60)
EPOCH_TO_MONDAY: Final = 4 * DAY
DECADE: Final = (1, 2, 5)


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A mark on an axis: where it stands in the drawing, its words, and which end of them stands there."""

    at: str
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Figures from `low` to `high` as heights in the drawing; `marks` are the round ones."""

    low: float
    high: float
    marks: tuple[float, ...]
    logarithmic: bool = False

    def y(self, value: float) -> str:
        """The height of a figure; what lies beyond stands on the edge."""
        part = log10(max(value, self.low) / self.low) / log10(self.high / self.low) if self.logarithmic else (
            (value - self.low) / (self.high - self.low)
        )  # fmt: skip
        return tidy(BOTTOM - (BOTTOM - TOP) * min(max(part, 0.0), 1.0))

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The marks with their words."""
        return tuple(Tick(at=self.y(mark), words=figure(mark)) for mark in self.marks)


@dataclass(frozen=True, kw_only=True)
class Times:
    """Seconds since `start` as places along the drawing."""

    start: datetime
    seconds: float

    def x(self, seconds: float) -> str:
        """The place of a time."""
        return tidy(LEFT + (RIGHT - LEFT) * min(max(seconds / self.seconds, 0.0), 1.0))

    def at(self, seconds: float) -> datetime:
        """The date of a time, in UTC."""
        return self.start + timedelta(seconds=seconds)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Round dates within the time."""
        found = _months(self) if self.seconds > LONG_DAYS * DAY else _dates(self)
        return tuple(self._tick(when, words) for when, words in found)

    def _tick(self, when: datetime, words: str) -> Tick:
        at = self.x((when - self.start).total_seconds())
        anchor = "start" if float(at) < LEFT + 12 else "end" if float(at) > RIGHT - 30 else "middle"
        return Tick(at=at, words=words, anchor=anchor)


def linear(top: float, *, whole: bool = False) -> Scale:
    """From zero to a round figure above `top`; in whole steps for what is counted."""
    if top <= 0:
        return Scale(low=0, high=1, marks=(0, 1))
    step = next(s for s in _round_steps(top) if ceil(top / s - 1e-9) < MOST_FIGURES)
    step = max(step, 1) if whole else step
    count = ceil(top / step - 1e-9)
    return Scale(low=0, high=max(count * step, top * ROOM), marks=tuple(n * step for n in range(count + 1)))


def logarithmic(low: float, high: float) -> Scale:
    """Between round figures around two that are above zero."""
    sizes = [d * 10.0**n for n in range(floor(log10(low)), ceil(log10(high)) + 1) for d in DECADE]
    first = max(size for size in sizes if size <= low * (1 + 1e-9))
    last = min((size for size in sizes if size >= high and size > first), default=sizes[-1])
    within = [size for size in sizes if first <= size <= last]
    decades = [size for size in within if round(log10(size), 6).is_integer()]
    few = decades if len(within) > MOST_SIZES else within
    return Scale(low=first, high=last, marks=tuple(few), logarithmic=True)


def figure(value: float) -> str:
    """A figure in a chart or a table, in about three digits."""
    if value >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else "<0.001"


def moment(when: datetime) -> str:
    """A time as one says it: Thu 10 Apr 2014 06:05."""
    seconds = f"{when:%H:%M:%S}" if when.second else f"{when:%H:%M}"
    return f"{when:%a} {when.day} {when:%b %Y} {seconds}"


def tidy(value: float) -> str:
    """A place in the drawing, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def _round_steps(top: float) -> Iterator[float]:
    first = floor(log10(top)) - 1
    return (d * 10.0**n for n in range(first, first + 4) for d in DECADE)


def _dates(times: Times) -> Iterator[tuple[datetime, str]]:
    step = next((s for s in STEPS if times.seconds / s <= MOST_DATES), STEPS[-1])
    offset = EPOCH_TO_MONDAY if step >= 7 * DAY else 0
    begin = times.start.timestamp() - offset
    at = ceil(begin / step) * step
    while at <= begin + times.seconds:
        when = datetime.fromtimestamp(at + offset, UTC)
        yield when, _words(when, step)
        at += step


def _words(when: datetime, step: int) -> str:
    if step >= DAY or not (when.hour or when.minute or when.second):
        return f"{when:%a} {when.day} {when:%b}"
    return f"{when:%H:%M}" if step >= 60 else f"{when:%H:%M:%S}"


def _months(times: Times) -> Iterator[tuple[datetime, str]]:
    months = times.seconds / (30.4 * DAY)
    step = next((s for s in MONTHS if months / s <= MOST_DATES), MONTHS[-1])
    begin, end = times.start, times.at(times.seconds)
    for n in range(begin.year * 12 // step * step, end.year * 12 + 12, step):
        when = datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC)
        if begin <= when <= end:
            yield when, f"{when:%b %Y}"
