"""Bursts answered by an API: a day of two levels, and what its busy hours ask beyond the quiet ones' instances."""

from dataclasses import dataclass
from fractions import Fraction

from infra.costs.curves import Curve, Piece
from infra.costs.traffic import SECONDS_IN_AN_HOUR, PlannedGroup
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
    seconds = workload.open_hours * SECONDS_IN_AN_HOUR
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


def through(outer: Curve, inner: Curve) -> Curve:
    """`outer` of another curve's value (0 or more) whose lines never fall but which may jump down, as an overflow does.

    `Curve.of` refuses such jumps; each line is composed by itself, and only what lies within its volumes is kept.
    The outer curve has no limit: an API takes any volume.
    """
    if outer.limit:
        raise ValueError("the outer curve ends at a limit")
    pieces: list[Piece] = []
    ends = [*(piece.start for piece in inner.pieces[1:]), None]
    for line, end in zip(inner.pieces, ends, strict=True):
        composed = outer.of(Curve.linear(line.slope, line.base)).pieces
        begun = [piece for piece in composed if piece.start <= line.start][-1:]
        later = [p for p in composed if p.start > line.start and (end is None or p.start < end)]
        pieces += [Piece(line.start, p.base, p.slope) for p in begun] + later
    return Curve(outer.at(inner.at_zero), tuple(pieces), inner.limit)
