"""Exact piecewise-linear functions of monthly volume: the one shape every cost in this project has.

A curve is a value at volume 0 and lines over left-open, right-closed intervals `(start, next start]`. That convention
makes `ceil` exact (one instance answers *up to and including* its capacity) and is kept by every operation. Numbers
are fractions: nothing is sampled, averaged or rounded.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
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
        return self.base + self.slope * volume


class Curve:
    """An immutable piecewise-linear function of monthly volume (units a month, 0 and up)."""

    __slots__ = ("at_zero", "limit", "pieces")

    def __init__(self, at_zero: Fraction, pieces: tuple[Piece, ...], limit: Limit | None = None) -> None:
        self.at_zero, self.pieces, self.limit = at_zero, pieces, limit

    @classmethod
    def constant(cls, value: Number) -> "Curve":
        """The same value at every volume."""
        exact = Fraction(value)
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
        point = Fraction(volume)
        if point < 0:
            raise ValueError(f"a volume of {volume} a month")
        if self.limit and point > self.limit.volume:
            raise Infeasible(self.limit)
        return self.unlimited_at(point)

    def unlimited_at(self, volume: Number) -> Fraction:
        """The value at a volume whatever the limit: what the lines say, also where capacity has ended."""
        point = Fraction(volume)
        if not point:
            return self.at_zero
        return self.pieces[max(bisect_left(self.pieces, point, key=_start) - 1, 0)].at(point)

    def limited(self, volume: Number, reason: str) -> "Curve":
        """The same curve with a limit; the lower of two limits holds."""
        return Curve(self.at_zero, self.pieces, _lower(self.limit, Limit(Fraction(volume), reason)))

    def __add__(self, other: "Curve | Number") -> "Curve":
        return Curve.total((self, other if isinstance(other, Curve) else Curve.constant(other)))

    def __mul__(self, factor: Number) -> "Curve":
        by = Fraction(factor)
        pieces = tuple(Piece(p.start, p.base * by, p.slope * by) for p in self.pieces)
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
        changes: dict[Fraction, tuple[Fraction, Fraction]] = {ZERO: (ZERO, ZERO)}
        for curve in curves:
            at_zero += curve.at_zero
            limit = _lower(limit, curve.limit)
            base = slope = ZERO
            for piece in curve.pieces:
                before = changes.get(piece.start, (ZERO, ZERO))
                changes[piece.start] = (before[0] + piece.base - base, before[1] + piece.slope - slope)
                base, slope = piece.base, piece.slope
        pieces, base, slope = [], ZERO, ZERO
        for start in sorted(changes):
            base, slope = base + changes[start][0], slope + changes[start][1]
            pieces.append(Piece(start, base, slope))
        return Curve(at_zero, _merged(pieces), limit)

    def clamp(self, low: Number, high: Number | None = None) -> "Curve":
        """The curve held at or above `low` and, when given, at or below `high`."""
        held = maximum(self, Curve.constant(low))
        return held if high is None else -maximum(-held, Curve.constant(-Fraction(high)))

    def tier(self, start: Number, end: Number | None) -> "Curve":
        """How much of the curve's value falls between start and end: the quantity billed at one tier's price."""
        return self.clamp(start, end) - start

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
            limit = _lower(limit, Limit(reached, self.limit.reason))
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
    for start, end, mine, theirs in _aligned(a, b):
        base, slope = mine.base - theirs.base, mine.slope - theirs.slope
        cross = -base / slope if slope else None
        if cross is not None and cross > start and (end is None or cross < end):
            before, after = (theirs, mine) if slope > 0 else (mine, theirs)
            pieces += [Piece(start, before.base, before.slope), Piece(cross, after.base, after.slope)]
        else:
            middle = start + 1 if end is None else (start + end) / 2
            top = mine if base + slope * middle >= 0 else theirs
            pieces.append(Piece(start, top.base, top.slope))
    return Curve(max(a.at_zero, b.at_zero), _merged(pieces), _lower(a.limit, b.limit))


@dataclass(frozen=True, slots=True)
class Span:
    """Volumes above `start` up to `end` (None: for ever) in which `sign` of `a - b` is -1, 0 or 1."""

    start: Fraction
    end: Fraction | None
    sign: int


def signs(a: Curve, b: Curve) -> tuple[Span, ...]:
    """Where `a` is below (-1), equal to (0) or above (1) `b`, in order of volume, up to the lower of their limits."""
    limit = _lower(a.limit, b.limit)
    end_of_all = limit.volume if limit else None
    spans: list[Span] = []
    for start, end, mine, theirs in _aligned(a, b):
        if end_of_all is not None and start >= end_of_all:
            break
        stop = end if end_of_all is None or (end is not None and end < end_of_all) else end_of_all
        for span in _line_signs(start, stop, mine.base - theirs.base, mine.slope - theirs.slope):
            if spans and spans[-1].sign == span.sign:
                spans[-1] = Span(spans[-1].start, span.end, span.sign)
            else:
                spans.append(span)
    return tuple(spans)


def crossings(a: Curve, b: Curve) -> tuple[Fraction, ...]:
    """Every volume at which the cheaper of two curves changes, exact; at a step the volume up to which one side won."""
    return changes(signs(a, b))


def changes(spans: tuple[Span, ...]) -> tuple[Fraction, ...]:
    """The volumes between spans, where the sign changes."""
    return tuple(span.start for span in spans[1:])


def _line_signs(start: Fraction, end: Fraction | None, base: Fraction, slope: Fraction) -> Iterator[Span]:
    cross = -base / slope if slope else None
    if cross is not None and cross > start and (end is None or cross < end):
        yield Span(start, cross, -1 if slope > 0 else 1)
        yield Span(cross, end, 1 if slope > 0 else -1)
        return
    value = base + slope * (start + 1 if end is None else (start + end) / 2)
    yield Span(start, end, (value > 0) - (value < 0))


def _start(piece: Piece) -> Fraction:
    return piece.start


def _lower(a: Limit | None, b: Limit | None) -> Limit | None:
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


def _aligned(a: Curve, b: Curve) -> Iterator[tuple[Fraction, Fraction | None, Piece, Piece]]:
    """The common intervals of two curves with the line of each."""
    starts = sorted({p.start for p in a.pieces} | {p.start for p in b.pieces})
    i = j = 0
    for index, start in enumerate(starts):
        while i + 1 < len(a.pieces) and a.pieces[i + 1].start <= start:
            i += 1
        while j + 1 < len(b.pieces) and b.pieces[j + 1].start <= start:
            j += 1
        yield start, starts[index + 1] if index + 1 < len(starts) else None, a.pieces[i], b.pieces[j]


def _last_within(curve: Curve, value: Fraction) -> Fraction | None:
    """The greatest volume at which a never-falling curve is still at most `value`; None when it never exceeds it."""
    for piece, end in _spans(curve.pieces):
        if piece.at(piece.start) > value or (not piece.slope and piece.base > value):
            return piece.start
        if piece.slope and (end is None or piece.at(end) > value):
            return (value - piece.base) / piece.slope
    return None
