"""Which side wins at which volume, exactly: totals over the months are piecewise linear in the first one's volume."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from infra.costs.curves import Curve, maximum
from infra.costs.decide.answer import Range
from infra.costs.decide.board import Board
from infra.costs.decide.choice import Choice, choose
from infra.costs.decide.options import Amounts, Option
from infra.costs.reports.words import volume as in_words
from infra.costs.signs import crossings, signs


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What every open option costs over all months, as curves of the first one's volume."""

    board: Board
    options: tuple[Option, ...]
    curves: tuple[Curve, ...]

    @classmethod
    def of(cls, board: Board) -> "Totals":
        """The totals of a board; a way to host that another one is never dearer than can be left out."""
        kept: list[Option] = []
        for option in sorted(
            board.open, key=lambda o: (o.side, o.scenario.limit is not None, o.scenario.curve.at_zero)
        ):
            if not any(_never_dearer(other, option) for other in kept):
                kept.append(option)
        return cls(board=board, options=tuple(kept), curves=tuple(_total(board, option) for option in kept))

    def choice(self, per_month: Fraction) -> Choice:
        """What is chosen where the first month has another volume (not rounded to whole units)."""
        rows = zip(self.options, self.curves, strict=True)
        costs = [_at(option, total, per_month, per_month * self.board.factors[-1]) for option, total in rows]
        return choose(self.board.situation, self.options, costs)

    def critical(self) -> set[Fraction]:
        """Every volume at which the choice can change: totals cross, capacity or budget end."""
        pairs = list(zip(self.options, self.curves, strict=True))
        apis = [total for option, total in pairs if option.side == "api"]
        points: set[Fraction] = set()
        if apis:
            least = -reduce(maximum, (-total for total in apis))
            points |= {x for option, total in pairs if option.side == "host" for x in crossings(total, least)}
        last, budget = self.board.factors[-1], self.board.situation.budget_per_month
        for option, _ in pairs:
            limit, curve = option.scenario.limit, option.scenario.curve
            if limit:
                points.add(limit.volume / last)
            if budget:
                points |= {x / month for x in crossings(curve, Curve.constant(budget)) for month in {Fraction(1), last}}
        return {point for point in points if point > 0}


def _never_dearer(one: Option, other: Option) -> bool:
    """Whether one option costs at no volume more than another of its side, and answers as much."""
    if one.side != other.side or one.scenario.paid_once > other.scenario.paid_once:
        return False
    mine, theirs = one.scenario.limit, other.scenario.limit
    if mine and (theirs is None or theirs.volume > mine.volume):
        return False
    return all(span.sign <= 0 for span in signs(one.scenario.curve, other.scenario.curve))


def _total(board: Board, option: Option) -> Curve:
    curve, once, months = option.scenario.curve, option.scenario.paid_once, board.factors
    if months[0] == months[-1]:
        return curve * len(months) + once
    return Curve.total((*(curve.stretched(month) for month in months), Curve.constant(once)))


def _at(option: Option, total: Curve, first: Fraction, last: Fraction) -> Amounts:
    limit, curve = option.scenario.limit, option.scenario.curve
    if limit and last > limit.volume:
        return Amounts(first=None, dearest=None, total=None)
    now = curve.at(first)
    return Amounts(first=now, dearest=max(now, curve.at(last)), total=total.unlimited_at(first))


def ranges_of(totals: Totals) -> tuple[Range, ...]:
    """Every range of volume with one side, in order, and why where more volume ends hosting."""
    points = sorted(totals.critical())
    found: list[tuple[Fraction, Fraction | None, Choice]] = []
    for start, end in zip([Fraction(0), *points], [*points, None], strict=True):
        choice = totals.choice(start * 2 + 1 if end is None else (start + end) / 2)
        if found and found[-1][2].side == choice.side:
            # The last choice of a range: what is said of its end is said of what was hosted there.
            found[-1] = (found[-1][0], end, choice)
        else:
            found.append((start, end, choice))
    rows = []
    for index, (start, end, choice) in enumerate(found):
        before = found[index - 1][2] if index else None
        why = _why(totals.board, start, before, choice) if before and before.side == "host" else ""
        rows.append(Range(start=start, end=end, side=choice.side, why=why))
    return tuple(rows)


def side_at(ranges: Sequence[Range], volume: Fraction) -> Range:
    """The range a volume lies in."""
    return next((r for r in ranges if volume > r.start and (r.end is None or volume <= r.end)), ranges[0])


def _why(board: Board, at: Fraction, before: Choice, after: Choice) -> str:
    """Why more volume than `at` is not hosted any more, where less is."""
    hosted = before.host
    if hosted is None:
        return ""
    last = board.factors[-1]
    limit = hosted.scenario.limit
    if limit and at * last >= limit.volume:
        when = "" if last == 1 else " in the last month"
        return f"capacity: above {in_words(limit.volume)} a month{when} {limit.reason}"
    if after.host is None:
        return f"budget: hosting costs more than {board.situation.budget_per_month:,} USD a month above {in_words(at)}"
    if _jumps(hosted.scenario.curve, (at * month for month in board.factors)):
        return f"a further instance: up to {in_words(at)} a month {hosted.name} needs one less"
    return f"tiers: above {in_words(at)} a month a further unit costs less at the API than hosted"


def _jumps(curve: Curve, volumes: Iterable[Fraction]) -> bool:
    starts = {piece.start: piece for piece in curve.pieces}
    return any(v in starts and starts[v].at(v) > curve.unlimited_at(v) for v in volumes)
