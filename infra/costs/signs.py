"""Which of two curves is lower where: the spans between their crossings, exact."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from infra.costs.curves import Curve, aligned, lower


@dataclass(frozen=True, slots=True)
class Span:
    """Volumes above `start` up to `end` (None: for ever) in which `sign` of `a - b` is -1, 0 or 1."""

    start: Fraction
    end: Fraction | None
    sign: int


def signs(a: Curve, b: Curve) -> tuple[Span, ...]:
    """Where `a` is below (-1), equal to (0) or above (1) `b`, in order of volume, up to the lower of their limits."""
    limit = lower(a.limit, b.limit)
    end_of_all = limit.volume if limit else None
    spans: list[Span] = []
    for start, end, mine, theirs in aligned(a, b):
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
