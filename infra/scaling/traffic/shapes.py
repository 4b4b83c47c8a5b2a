"""Shapes of traffic: how busy each moment is beside the others of the same trace. Only ratios count, until scaled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import cos, exp, isfinite, log, pi, sin
from random import Random
from typing import Final

from infra.costs.errors import InputError
from infra.scaling.traffic.trace import SECONDS_IN_A_DAY, SECONDS_IN_AN_HOUR

# Finer steps are flat within each minute: traffic has no rhythm of seconds, only chance, which arrivals add.
FINEST_SECONDS: Final = 60
WEEKEND: Final = (5, 6)
WEEKEND_MIDDLE_HOUR: Final = 6 * 24
TURN_HOURS: Final = 6
Shape = Callable[["Grid"], list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The steps that a shape is worked out for; `seed` matters to shapes with chance in them."""

    start: datetime
    steps: int
    step_seconds: float
    seed: int = 0

    def hours(self) -> list[float]:
        """The hour of day in UTC, 0 to 24, in the middle of each step."""
        begin = self.start.hour + self.start.minute / 60 + self.start.second / SECONDS_IN_AN_HOUR
        step = self.step_seconds / SECONDS_IN_AN_HOUR
        return [(begin + (i + 0.5) * step) % 24 for i in range(self.steps)]

    def weekdays(self) -> list[int]:
        """The weekday of each step, Monday 0, by its middle."""
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        begin = self.start.weekday() + (self.start - midnight).total_seconds() / SECONDS_IN_A_DAY
        step = self.step_seconds / SECONDS_IN_A_DAY
        return [int(begin + (i + 0.5) * step) % 7 for i in range(self.steps)]


def steady() -> Shape:
    """The same rate all the time."""
    return lambda grid: [1.0] * grid.steps


def daily(*, peak_hour: float = 14.0) -> Shape:
    """One smooth wave a day, highest at `peak_hour` in UTC, the same on every weekday."""
    return lambda grid: [exp(cos(2 * pi * (hour - peak_hour) / 24)) for hour in grid.hours()]


def weekly(*, peak_hour: float = 14.0, weekend: float = 0.5) -> Shape:
    """A wave a day; on Saturday and Sunday `weekend` times as high as on the other days, from night to night."""
    _above_zero(weekend=weekend)

    def factor(hour_of_week: float) -> float:
        # Over some hours around midnight: at once, it would be the largest rise of the whole trace.
        from_middle = abs((hour_of_week - WEEKEND_MIDDLE_HOUR + 84) % 168 - 84)
        inside = (24 + TURN_HOURS / 2 - from_middle) / TURN_HOURS
        return 1.0 + (weekend - 1.0) * min(max(inside, 0.0), 1.0)

    def shape(grid: Grid) -> list[float]:
        days = daily(peak_hour=peak_hour)(grid)
        moments = zip(days, grid.hours(), grid.weekdays(), strict=True)
        return [value * factor(day * 24 + hour) for value, hour, day in moments]

    return shape


def office_hours(*, opens: float = 8.0, closes: float = 18.0) -> Shape:
    """A hump between two hours of day on Monday to Friday; nights and weekends are idle."""
    if not 0 <= opens < closes <= 24:
        raise InputError("office_hours", f"{opens:g} to {closes:g} are no hours of a day", "give two from 0 to 24")

    def shape(grid: Grid) -> list[float]:
        return [
            sin(pi * (hour - opens) / (closes - opens)) if day not in WEEKEND and opens < hour < closes else 0.0
            for hour, day in zip(grid.hours(), grid.weekdays(), strict=True)
        ]

    return shape


def bursts(*, per_day: float = 6.0, height: float = 5.0, minutes: float = 10.0) -> Shape:
    """A steady rate with bursts at random, so many a day, that then halve every `minutes`.

    Each adds `height` times the steady rate on average, from nothing to twice that.
    """
    _above_zero(per_day=per_day, height=height, minutes=minutes)

    def shape(grid: Grid) -> list[float]:
        random = Random(grid.seed)
        # Bursts are drawn in time, not by step, so that a seed gives the same ones whatever the step.
        jumps, moment, end = [0.0] * grid.steps, 0.0, grid.steps * grid.step_seconds
        while True:
            moment += -log(1.0 - random.random()) * SECONDS_IN_A_DAY / per_day
            size = 2 * height * random.random()
            if moment >= end:
                break
            jumps[int(moment / grid.step_seconds)] += size
        kept = float(0.5 ** (grid.step_seconds / (minutes * 60)))
        return [1.0 + above for above in accumulate(jumps, lambda before, jump: before * kept + jump)]

    return shape


def flash_crowd(
    *, at: float = 0.5, height: float = 10.0, rise_minutes: float = 5.0, halving_minutes: float = 60.0
) -> Shape:
    """A steady rate; once, at this share of the time, it rises to `height` times that, and what is above it halves."""
    _above_zero(height=height, rise_minutes=rise_minutes, halving_minutes=halving_minutes)

    def shape(grid: Grid) -> list[float]:
        begin = at * grid.steps * grid.step_seconds

        def rate(moment: float) -> float:
            minutes = (moment - begin) / 60
            if minutes < 0:
                return 1.0
            if minutes < rise_minutes:
                return 1.0 + (height - 1.0) * minutes / rise_minutes
            return 1.0 + (height - 1.0) * float(0.5 ** ((minutes - rise_minutes) / halving_minutes))

        return [rate((i + 0.5) * grid.step_seconds) for i in range(grid.steps)]

    return shape


def growth(*, factor: float = 2.0) -> Shape:
    """A rate that ends `factor` times as high as it began, growing by the same share every day."""
    _above_zero(factor=factor)

    def shape(grid: Grid) -> list[float]:
        return [exp(log(factor) * (i + 0.5) / grid.steps) for i in range(grid.steps)]

    return shape


def product(*shapes: Shape) -> Shape:
    """All shapes at once: where each is twice its usual, the product is so many times twice."""

    def shape(grid: Grid) -> list[float]:
        values = [1.0] * grid.steps
        for each in shapes:
            values = [a * b for a, b in zip(values, each(grid), strict=True)]
        return values

    return shape


def _above_zero(**values: float) -> None:
    for name, value in values.items():
        if not (isfinite(value) and value > 0):
            raise InputError(name, f"{value} cannot shape traffic", "give a number above 0")


SHAPES: Final[dict[str, Callable[[], Shape]]] = {
    "steady": steady,
    "daily": daily,
    "weekly": weekly,
    "office_hours": office_hours,
    "bursts": bursts,
    "flash_crowd": flash_crowd,
    "growth": growth,
}
"""Shapes by name, as they are without arguments."""
