"""What would change the answer: for each assumption the nearest value at which the recommended side is another.

Volume is found on the curves themselves, exactly. What enters the totals as a factor (people, salary, discount) gives
lines, whose crossings are exact too. The rest is priced again (search.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Final

from infra.costs.decide.answer import Flip, Range
from infra.costs.decide.choice import Choice, choose
from infra.costs.decide.options import Amounts, amounts
from infra.costs.decide.ranges import Totals, side_at
from infra.costs.decide.search import SEARCHED, searched
from infra.costs.decide.varied import Assumption, Varied, flip, no_flip

LARGEST_VOLUME: Final = Fraction(10**15)
LINES: Final = (
    Assumption(key="people_share", unit="of each one's time", low=Fraction(1, 1000), high=Fraction(1)),
    Assumption(key="engineers", unit="people", low=Fraction(1, 100), high=Fraction(100)),
    Assumption(key="salary_per_year", unit="USD a year", low=Fraction(1), high=Fraction(1_000_000)),
    Assumption(key="api_discount", unit="of the list price", low=Fraction(0), high=Fraction(99, 100)),
)


def flips_of(varied: Varied, totals: Totals, ranges: Sequence[Range]) -> tuple[Flip, ...]:
    """The nearest flip of every assumption, the smallest change first, those that cannot flip last."""
    found = [_volume(varied, totals, ranges)]
    sides = {option.side for option in varied.board.open}
    for one in LINES:
        found.append(_along_lines(varied, one) if sides else no_flip(varied, one))
    for one in SEARCHED:
        found.append(searched(varied, one) if sides else no_flip(varied, one))
    return tuple(sorted(found, key=lambda f: (not f.reachable, f.change or 0)))


def _volume(varied: Varied, totals: Totals, ranges: Sequence[Range]) -> Flip:
    now = varied.now("volume_per_month")
    one = Assumption(
        key="volume_per_month",
        unit=f"{varied.board.situation.unit} a month",
        low=Fraction(0),
        high=LARGEST_VOLUME,
    )
    here = side_at(ranges, now)
    index = ranges.index(here)
    edges = [(here.start, ranges[index - 1])] if index else []
    if here.end is not None and index + 1 < len(ranges):
        edges.append((here.end, ranges[index + 1]))
    if not edges:
        return no_flip(varied, one)
    at, beyond = min(edges, key=lambda edge: abs(edge[0] - now))
    return flip(varied, one, at, totals.choice(_near(at, beyond)))


def _near(at: Fraction, beyond: Range) -> Fraction:
    """A volume just inside a range, seen from one of its ends."""
    if beyond.end is None:
        return at + max(at / 1000, Fraction(1))
    width = beyond.end - beyond.start
    return at + width / 1000 if at == beyond.start else at - width / 1000


def _along_lines(varied: Varied, one: Assumption) -> Flip:
    """Every option's total is a line of the assumption: its value now and at another place give it."""
    now = varied.now(one.key)
    other = one.high if now < one.high else one.low
    here, there = varied.board, varied.again(one.key, other, varied.board.open)
    pairs = zip(here.open, there.options, strict=True)
    lines = [_Line.through(now, other, amounts(a, here.volumes), amounts(b, there.volumes)) for a, b in pairs]

    def choice(value: Fraction) -> Choice:
        return choose(here.situation, here.open, [line.at(value) for line in lines])

    sides = [(option.side, line) for option, line in zip(here.open, lines, strict=True)]
    inner = {p for p in _meetings(sides, Fraction(here.situation.budget_per_month)) if one.low < p < one.high}
    points = sorted({*inner, one.low, one.high})
    for edge in sorted(inner, key=lambda p: abs(p - now)):
        place = points.index(edge)
        beyond = choice((edge + points[place + 1 if edge >= now else place - 1]) / 2)
        if beyond.side != varied.choice.side:
            return flip(varied, one, edge, beyond)
    return no_flip(varied, one)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """An option's amounts as lines of an assumption; those of one that cannot answer stay as they are."""

    now: Fraction
    here: Amounts
    slopes: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))

    @classmethod
    def through(cls, now: Fraction, other: Fraction, here: Amounts, there: Amounts) -> "_Line":
        """The lines through two of its values."""
        if here.total is None or there.total is None or here.dearest is None or there.dearest is None:
            return cls(now=now, here=here)
        width = other - now
        return cls(
            now=now, here=here, slopes=((there.total - here.total) / width, (there.dearest - here.dearest) / width)
        )

    def at(self, value: Fraction) -> Amounts:
        """The amounts at a value."""
        total, dearest = self.here.total, self.here.dearest
        if total is None or dearest is None:
            return self.here
        by = value - self.now
        return Amounts(first=self.here.first, dearest=dearest + by * self.slopes[1], total=total + by * self.slopes[0])


def _meetings(lines: Sequence[tuple[str, _Line]], budget: Fraction) -> Iterator[Fraction]:
    """Where a host's total meets an API's, and where a month meets the budget."""
    known = [(side, line) for side, line in lines if line.here.total is not None]
    for (side, a), (other, b) in product(known, known):
        slope = a.slopes[0] - b.slopes[0]
        if side == "host" and other == "api" and slope:
            yield a.now - ((a.here.total or 0) - (b.here.total or 0)) / slope
    for _, line in known:
        if budget and line.slopes[1]:
            yield line.now - ((line.here.dearest or 0) - budget) / line.slopes[1]
