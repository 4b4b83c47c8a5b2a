"""Exact piecewise-linear functions of monthly volume: the one shape every cost in this project has.

A curve is a value at volume 0 and lines over left-open, right-closed intervals `(start, next start]`. That convention
makes `ceil` exact (one instance answers *up to and including* its capacity) and is kept by every operation. Numbers
are fractions: nothing is sampled, averaged or rounded.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Number = int | Decimal | Fraction
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Limit:
    """The volume a month above which a curve has no meaning, and what ends there."""

    volume: Fraction
    reason: str


class Infeasible(ValueError):  # noqa: N818 - the field's word for it; it is an answer as much as an error
    """A volume beyond a curve's limit. `limit` says where capacity ends and which one it is."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        super().__init__(f"above {float(limit.volume):,.0f} a month: {limit.reason}")


@dataclass(frozen=True, slots=True)
class Piece:
    """The line `base + slope x volume` for volumes above `start`, up to the next piece's start."""

    start: Fraction
    base: Fraction
    slope: Fraction

    def at(self, volume: Fraction) -> Fraction:
        """The line's value at a volume."""
        return self.base + self.slope * volume if self.slope else self.base


class Curve:
    """An immutable piecewise-linear function of monthly volume (units a month, 0 and up)."""

    __slots__ = ("at_zero", "limit", "pieces")

    def __init__(self, at_zero: Fraction, pieces: tuple[Piece, ...], limit: Limit | None = None) -> None:
        self.at_zero, self.pieces, self.limit = at_zero, pieces, limit

    @classmethod
    def constant(cls, value: Number) -> "Curve":
        """The same value at every volume."""
        exact = _exact(value)
        return cls(exact, (Piece(ZERO, exact, ZERO),))

    @classmethod
    def linear(cls, slope: Number, base: Number = 0) -> "Curve":
        """`base + slope x volume`."""
        return cls(Fraction(base), (Piece(ZERO, Fraction(base), Fraction(slope)),))

    @classmethod
    def steps(cls, every: Number, minimum: int, maximum: int) -> "Curve":
        """`ceil(volume / every)` held between minimum and maximum: how many instances a volume needs."""
        width = Fraction(every)
        if width <= 0 or not 0 <= minimum <= maximum:
            raise ValueError(f"steps of {every} between {minimum} and {maximum}")
        first = max(minimum, 1) if maximum else 0
        pieces = [Piece(ZERO, Fraction(first), ZERO)]
        pieces += [Piece(width * (n - 1), Fraction(n), ZERO) for n in range(first + 1, maximum + 1)]
        return cls(Fraction(minimum), tuple(pieces))

    @property
    def is_constant(self) -> bool:
        """Whether volume does not matter."""
        return len(self.pieces) == 1 and not self.pieces[0].slope and self.pieces[0].base == self.at_zero

    @property
    def is_zero(self) -> bool:
        """Whether the value is 0 at every volume."""
        return not self.at_zero and not any(p.base or p.slope for p in self.pieces)

    def at(self, volume: Number) -> Fraction:
        """The value at a volume of 0 or more; raises Infeasible above the limit."""
        point = _exact(volume)
        if point.numerator < 0:
            raise ValueError(f"a volume of {volume} a month")
        if self.limit and point > self.limit.volume:
            raise Infeasible(self.limit)
        return self.unlimited_at(point)

    def unlimited_at(self, volume: Number) -> Fraction:
        """The value at a volume whatever the limit: what the lines say, also where capacity has ended."""
        point = _exact(volume)
        if not point:
            return self.at_zero
        if len(self.pieces) == 1:
            return self.pieces[0].at(point)
        return self.pieces[max(bisect_left(self.pieces, point, key=_start) - 1, 0)].at(point)

    def runs(self, volumes: Sequence[Fraction]) -> Iterator[tuple[Piece, Sequence[Fraction]]]:
        """Rising volumes above 0, in runs that lie on one line each, with that line."""
        index = 0
        while index < len(volumes):
            place = max(bisect_left(self.pieces, volumes[index], key=_start) - 1, 0)
            end = len(volumes)
            if place + 1 < len(self.pieces):
                end = bisect_right(volumes, self.pieces[place + 1].start, index)
            yield self.pieces[place], volumes[index:end]
            index = end

    def limited(self, volume: Number, reason: str) -> "Curve":
        """The same curve with a limit; the lower of two limits holds."""
        return Curve(self.at_zero, self.pieces, lower(self.limit, Limit(Fraction(volume), reason)))

    def __add__(self, other: "Curve | Number") -> "Curve":
        if isinstance(other, Curve):
            return Curve.total((self, other))
        if not other:
            return self
        more = _exact(other)
        return Curve(
            self.at_zero + more, tuple(Piece(p.start, p.base + more, p.slope) for p in self.pieces), self.limit
        )

    def __mul__(self, factor: Number) -> "Curve":
        by = _exact(factor)
        if by == 1:
            return self
        # Most slopes are 0, as are many bases: exact arithmetic is slow, and what is 0 stays so.
        pieces = tuple(Piece(p.start, p.base and p.base * by, p.slope and p.slope * by) for p in self.pieces)
        return Curve(self.at_zero * by, pieces, self.limit)

    def __truediv__(self, divisor: Number) -> "Curve":
        return self * (1 / Fraction(divisor))

    def __neg__(self) -> "Curve":
        return self * -1

    def __sub__(self, other: "Curve | Number") -> "Curve":
        return self + (-other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Curve):
            return NotImplemented
        return (self.at_zero, self.pieces, self.limit) == (other.at_zero, other.pieces, other.limit)

    def __hash__(self) -> int:
        return hash((self.at_zero, self.pieces, self.limit))

    def __repr__(self) -> str:
        lines = ", ".join(f">{float(p.start):g}: {float(p.base):g}+{float(p.slope):g}v" for p in self.pieces)
        return f"Curve(0: {float(self.at_zero):g}, {lines}{f', limit {self.limit}' if self.limit else ''})"

    @staticmethod
    def total(curves: Iterable["Curve"]) -> "Curve":
        """The sum of any number of curves, in time linear in their pieces (times a sort)."""
        at_zero, limit = ZERO, None
        base = slope = ZERO
        changes: list[tuple[Fraction, Fraction, Fraction]] = []
        for curve in curves:
            limit = lower(limit, curve.limit)
            if curve.is_zero:
                continue
            first = before = curve.pieces[0]
            at_zero, base, slope = at_zero + curve.at_zero, base + first.base, slope + first.slope
            for piece in curve.pieces[1:]:
                changes.append((piece.start, piece.base - before.base, piece.slope - before.slope))
                before = piece
        changes.sort(key=_in_order)
        pieces = [Piece(ZERO, base, slope)]
        for start, more, steeper in changes:
            base, slope = base + more, slope + steeper
            if pieces[-1].start == start:
                pieces.pop()
            pieces.append(Piece(start, base, slope))
        return Curve(at_zero, _merged(pieces), limit)

    def clamp(self, low: Number, high: Number | None = None) -> "Curve":
        """The curve held at or above `low` and, when given, at or below `high`."""
        if self._within(low, high):
            return self
        held = maximum(self, Curve.constant(low))
        return held if high is None else -maximum(-held, Curve.constant(-Fraction(high)))

    def _within(self, low: Number, high: Number | None) -> bool:
        """Whether it is seen to lie within bounds: flat steps that do; without an upper one also lines that rise."""
        if self.at_zero < low or any(p.slope < 0 or p.at(p.start) < low for p in self.pieces):
            return False
        return high is None or (self.at_zero <= high and all(not p.slope and p.base <= high for p in self.pieces))

    def tier(self, start: Number, end: Number | None) -> "Curve":
        """How much of the curve's value falls between start and end: the quantity billed at one tier's price."""
        return self.clamp(start, end) - start

    def stretched(self, by: Fraction) -> "Curve":
        """The curve of so many times the volume."""
        pieces = tuple(Piece(p.start / by, p.base, p.slope and p.slope * by) for p in self.pieces)
        limit = Limit(self.limit.volume / by, self.limit.reason) if self.limit else None
        return Curve(self.at_zero, pieces, limit)

    def through(self, change: Callable[[Fraction], Number]) -> "Curve":
        """Each level of a flat curve changed: what a number of instances means for something else."""
        if any(p.slope for p in self.pieces):
            raise ValueError("only a curve of flat steps can be taken through a function")
        pieces = (Piece(p.start, Fraction(change(p.base)), ZERO) for p in self.pieces)
        return Curve(Fraction(change(self.at_zero)), _merged(pieces), self.limit)

    def of(self, inner: "Curve") -> "Curve":
        """This curve of another one's value (composition): a quantity of a volume, whose lines never fall.

        It may jump down (what is left over when an instance is added), unless this curve ends: then the volume at
        which the inner one reaches that end would not be one.
        """
        pieces: list[Piece] = []
        last = inner.at_zero
        for piece, end in _spans(inner.pieces):
            opening = piece.at(piece.start)
            if piece.slope < 0 or (self.limit and opening < last):
                raise ValueError("only a curve that never falls can be composed")
            pieces += self._through(piece, end)
            last = piece.at(end) if end is not None else opening
        limit = inner.limit
        if self.limit and (reached := _last_within(inner, self.limit.volume)) is not None:
            limit = lower(limit, Limit(reached, self.limit.reason))
        return Curve(self.unlimited_at(inner.at_zero), _merged(pieces), limit)

    def _through(self, line: Piece, end: Fraction | None) -> Iterator[Piece]:
        """This curve seen through one rising line of another, from the line's start to its end."""
        if not line.slope:
            yield Piece(line.start, self.unlimited_at(line.base), ZERO)
            return
        for piece, until in _spans(self.pieces):
            start = max(line.start, (piece.start - line.base) / line.slope)
            stop = None if until is None else (until - line.base) / line.slope
            if (stop is None or stop > line.start) and (end is None or start < end):
                yield Piece(start, piece.base + piece.slope * line.base, piece.slope * line.slope)


def maximum(a: Curve, b: Curve) -> Curve:
    """The greater of two curves at every volume (load-balancer units are such a maximum)."""
    pieces: list[Piece] = []
    for start, end, mine, theirs in aligned(a, b):
        base, slope = mine.base - theirs.base, mine.slope - theirs.slope
        cross = -base / slope if slope else None
        if cross is not None and cross > start and (end is None or cross < end):
            before, after = (theirs, mine) if slope > 0 else (mine, theirs)
            pieces += [Piece(start, before.base, before.slope), Piece(cross, after.base, after.slope)]
        else:
            middle = start + 1 if end is None else (start + end) / 2
            top = mine if base + slope * middle >= 0 else theirs
            pieces.append(Piece(start, top.base, top.slope))
    return Curve(max(a.at_zero, b.at_zero), _merged(pieces), lower(a.limit, b.limit))


def _exact(number: Number) -> Fraction:
    return number if type(number) is Fraction else Fraction(number)


def _in_order(change: tuple[Fraction, Fraction, Fraction]) -> tuple[float, Fraction]:
    # A fraction's nearest float never misorders, and compares faster: the fractions decide where floats are equal.
    return float(change[0]), change[0]


def _start(piece: Piece) -> Fraction:
    return piece.start


def lower(a: Limit | None, b: Limit | None) -> Limit | None:
    """The lower of two limits; the first where they are the same."""
    if a is None or b is None:
        return a or b
    return a if a.volume <= b.volume else b


def _merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    kept: list[Piece] = []
    for piece in pieces:
        if not kept or (kept[-1].base, kept[-1].slope) != (piece.base, piece.slope):
            kept.append(piece)
    return tuple(kept)


def _spans(pieces: tuple[Piece, ...]) -> Iterator[tuple[Piece, Fraction | None]]:
    for index, piece in enumerate(pieces):
        yield piece, pieces[index + 1].start if index + 1 < len(pieces) else None


def aligned(a: Curve, b: Curve) -> Iterator[tuple[Fraction, Fraction | None, Piece, Piece]]:
    """The common intervals of two curves with the line of each."""
    i = j = 0
    start = ZERO
    while True:
        mine, theirs = a.pieces[i], b.pieces[j]
        ends = [c.pieces[n + 1].start for c, n in ((a, i), (b, j)) if n + 1 < len(c.pieces)]
        if not ends:
            yield start, None, mine, theirs
            return
        end = min(ends)
        yield start, end, mine, theirs
        i += i + 1 < len(a.pieces) and a.pieces[i + 1].start == end
        j += j + 1 < len(b.pieces) and b.pieces[j + 1].start == end
        start = end


def _last_within(curve: Curve, value: Fraction) -> Fraction | None:
    """The greatest volume at which a never-falling curve is still at most `value`; None when it never exceeds it."""
    for piece, end in _spans(curve.pieces):
        if piece.at(piece.start) > value or (not piece.slope and piece.base > value):
            return piece.start
        if piece.slope and (end is None or piece.at(end) > value):
            return (value - piece.base) / piece.slope
    return None
