"""Bursts answered by an API: a day of two levels, and what its busy hours ask beyond the quiet ones' instances."""

from dataclasses import dataclass
from fractions import Fraction

from infra.costs.curves import Curve
from infra.costs.traffic import PlannedGroup
from infra.costs.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """An open day of two levels: `burst` of its time takes `busy` of its volume; `clamped` where that is all of it."""

    burst: Fraction
    busy: Fraction
    clamped: bool

    @property
    def planned_part(self) -> Fraction:
        """The rate of the quiet hours over the day's average: what the instances are planned for."""
        return Fraction(1) if self.burst == 1 else (1 - self.busy) / (1 - self.burst)


def day_of(workload: Workload) -> Day:
    """The day that `ownership.burst_hours_per_day` and `volume.peak_to_average` describe, its volume kept."""
    opened = Fraction(workload.volume.hours_open_per_day)
    burst = min(Fraction(workload.ownership.burst_hours_per_day) / opened, Fraction(1))
    asked = burst * Fraction(workload.volume.peak_to_average)
    return Day(burst=burst, busy=min(asked, Fraction(1)), clamped=asked > 1)


def overflow(groups: tuple[PlannedGroup, ...], workload: Workload, day: Day) -> Curve:
    """Units a month that the groups' instances cannot answer, in busy hours and in quiet ones, over volume.

    In every hour an instance answers its full rate: the utilisation it is planned with is the room that bursts take.
    """
    seconds = workload.open_seconds
    levels = ((day.busy, day.burst), (1 - day.busy, 1 - day.burst))
    return Curve.total(
        above(Curve.linear(group.share * volume), group.instances * (group.rate * seconds * time))
        for group in groups
        for volume, time in levels
        if volume
    )


def above(asked: Curve, answered: Curve) -> Curve:
    """What of `asked` (a line) lies above `answered` (steps): max(0, asked - answered)."""
    return (asked - answered).clamp(0)
