"""Curves are exact: whatever is done to them is what is done to their values, volume by volume."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.costs.curves import Curve, Infeasible, Piece, crossings, maximum, signs

SMALL = st.fractions(min_value=-20, max_value=20, max_denominator=12)
RISING = st.fractions(min_value=0, max_value=20, max_denominator=12)
STARTS = st.lists(st.fractions(min_value=Fraction(1, 12), max_value=100, max_denominator=12), max_size=5, unique=True)
VOLUMES = st.fractions(min_value=0, max_value=130, max_denominator=24)
FAR = 130


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Any curve: lines that may jump where they meet."""
    starts = [Fraction(0), *sorted(draw(STARTS))]
    return Curve(draw(SMALL), tuple(Piece(start, draw(SMALL), draw(SMALL)) for start in starts))


@st.composite
def rising(draw: st.DrawFn) -> Curve:
    """A curve that never falls, with jumps up."""
    at_zero = draw(RISING)
    pieces, level = [], at_zero
    starts = [Fraction(0), *sorted(draw(STARTS))]
    for index, start in enumerate(starts):
        level += draw(RISING)
        slope = draw(RISING)
        pieces.append(Piece(start, level - slope * start, slope))
        if index + 1 < len(starts):
            level += slope * (starts[index + 1] - start)
    return Curve(at_zero, tuple(pieces))


@st.composite
def flat(draw: st.DrawFn) -> Curve:
    """Levels without slopes."""
    starts = [Fraction(0), *sorted(draw(STARTS))]
    return Curve(draw(SMALL), tuple(Piece(start, draw(SMALL), Fraction(0)) for start in starts))


def edges(*some: Curve) -> list[Fraction]:
    """The breakpoints of curves, and volumes between and beyond them."""
    starts = sorted({piece.start for curve in some for piece in curve.pieces} | {Fraction(FAR)})
    return [*starts, *((a + b) / 2 for a, b in zip(starts, starts[1:], strict=False))]


@given(curve=curves(), volume=VOLUMES)
def test_a_breakpoint_belongs_to_the_line_on_its_left(curve: Curve, volume: Fraction) -> None:
    at = next((p for p in reversed(curve.pieces) if p.start < volume), None)
    assert curve.at(volume) == (curve.at_zero if at is None else at.base + at.slope * volume)


POINTWISE: dict[str, tuple[Callable[[Curve, Curve], Curve], Callable[[Fraction, Fraction], Fraction]]] = {
    "sum": (lambda a, b: a + b, lambda x, y: x + y),
    "difference": (lambda a, b: a - b, lambda x, y: x - y),
    "maximum": (maximum, max),
    "total of three": (lambda a, b: Curve.total((a, b, a)), lambda x, y: 2 * x + y),
    "multiple": (lambda a, b: a * Fraction(-7, 3), lambda x, y: x * Fraction(-7, 3)),
    "share": (lambda a, b: a / Decimal("0.7"), lambda x, y: x * Fraction(10, 7)),
    "plus a number": (lambda a, b: a + Decimal("0.1"), lambda x, y: x + Fraction(1, 10)),
    "clamp": (lambda a, b: a.clamp(-3, 8), lambda x, y: min(max(x, Fraction(-3)), Fraction(8))),
    "clamp below": (lambda a, b: a.clamp(2), lambda x, y: max(x, Fraction(2))),
    "tier": (lambda a, b: a.tier(2, 9), lambda x, y: min(max(x, Fraction(2)), Fraction(9)) - 2),
    "last tier": (lambda a, b: a.tier(2, None), lambda x, y: max(x, Fraction(2)) - 2),
}


@pytest.mark.parametrize("name", POINTWISE)
@given(a=curves(), b=curves(), volume=VOLUMES)
def test_an_operation_on_curves_is_the_operation_on_their_values(
    name: str, a: Curve, b: Curve, volume: Fraction
) -> None:
    on_curves, on_values = POINTWISE[name]
    made = on_curves(a, b)
    for v in [volume, *edges(a, b)]:
        assert made.at(v) == on_values(a.at(v), b.at(v))


@given(outer=curves(), inner=rising(), volume=VOLUMES)
def test_a_curve_of_a_curve_is_the_value_at_the_value(outer: Curve, inner: Curve, volume: Fraction) -> None:
    made = outer.of(inner)
    for v in [volume, *edges(inner)]:
        assert made.at(v) == outer.at(inner.at(v))


@given(curve=flat(), volume=VOLUMES)
def test_levels_taken_through_a_function_are_the_function_of_each_level(curve: Curve, volume: Fraction) -> None:
    made = curve.through(lambda level: ceil(level * 3))
    for v in [volume, *edges(curve)]:
        assert made.at(v) == ceil(curve.at(v) * 3)


@given(curve=rising(), bounds=st.lists(RISING, min_size=1, max_size=4, unique=True), volume=VOLUMES)
def test_the_tiers_of_a_quantity_sum_to_the_quantity(curve: Curve, bounds: list[Fraction], volume: Fraction) -> None:
    ends = [Fraction(0), *sorted(b for b in bounds if b), None]
    tiers = [curve.tier(start, end) for start, end in zip(ends[:-1], ends[1:], strict=True) if start is not None]
    assert Curve.total(tiers).at(volume) == curve.at(volume)
    assert all(tier.at(volume) >= 0 for tier in tiers)


@given(
    every=st.fractions(min_value=Fraction(1, 7), max_value=40, max_denominator=7),
    sizes=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    volume=VOLUMES,
)
def test_steps_are_the_volume_over_one_instance_rounded_up_and_held(
    every: Fraction, sizes: tuple[int, int], volume: Fraction
) -> None:
    low, high = sorted(sizes)
    steps = Curve.steps(every, low, high)
    for v in [volume, *(every * n for n in range(4)), *(every * n + Fraction(1, 1000) for n in range(4))]:
        assert steps.at(v) == min(max(ceil(v / every), low), high)


@pytest.mark.parametrize(("every", "low", "high"), [(0, 1, 2), (-1, 1, 2), (5, 3, 2), (5, -1, 2)])
def test_steps_that_cannot_be_are_refused(every: int, low: int, high: int) -> None:
    with pytest.raises(ValueError, match="steps of"):
        Curve.steps(every, low, high)


def test_a_falling_curve_cannot_be_the_quantity_of_another() -> None:
    with pytest.raises(ValueError, match="never falls"):
        Curve.linear(1).of(Curve.linear(-1, 10))


def test_a_slope_cannot_be_taken_through_a_function_of_levels() -> None:
    with pytest.raises(ValueError, match="flat steps"):
        Curve.linear(1).through(lambda level: level)


def test_a_volume_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Curve.linear(1).at(-1)


LIMITED = Curve.linear(2).limited(50, "the group")
AT_LIMIT = {
    "sum": LIMITED + Curve.linear(1),
    "other side": Curve.linear(1) + LIMITED,
    "multiple": LIMITED * 3,
    "maximum": maximum(Curve.constant(7), LIMITED),
    "total": Curve.total([Curve.constant(1), LIMITED]),
    "clamp": LIMITED.clamp(0, 10),
    "tier": LIMITED.tier(1, 5),
    "composition": Curve.linear(1).of(LIMITED),
    "levels": Curve.steps(10, 0, 3).limited(50, "the group").through(lambda n: n),
    "lower of two": LIMITED.limited(70, "the queue"),
    "lower of two, later": Curve.linear(1).limited(70, "the queue").limited(50, "the group"),
    "of a sum": LIMITED + Curve.linear(1).limited(51, "the queue"),
    "of the outer": Curve.linear(1).limited(100, "the group").of(Curve.linear(2)),
}


@pytest.mark.parametrize("name", AT_LIMIT)
def test_the_lower_limit_survives_every_operation_and_beyond_it_there_is_no_value(name: str) -> None:
    curve = AT_LIMIT[name]
    assert curve.at(50) == curve.unlimited_at(50)
    with pytest.raises(Infeasible, match="above 50 a month: the group") as caught:
        curve.at(Fraction(50001, 1000))
    assert caught.value.limit.volume == 50


TIERS = Curve.linear("1").tier(0, 1_000_000) * Decimal("0.001") if False else None
