"""Curves are exact: whatever is done to them is what is done to their values, volume by volume."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.curves import Curve, Infeasible, Piece, maximum
from infra.costs.signs import crossings, signs

SMALL = st.fractions(min_value=-20, max_value=20, max_denominator=12)
RISING = st.fractions(min_value=0, max_value=20, max_denominator=12)
STARTS = st.lists(st.fractions(min_value=Fraction(1, 12), max_value=100, max_denominator=12), max_size=5, unique=True)
VOLUMES = st.fractions(min_value=0, max_value=130, max_denominator=24)
FAR = 130
PROPERTY = settings(deadline=None, derandomize=True, max_examples=60)


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
    return [*starts, *((a + b) / 2 for a, b in pairwise(starts))]


@PROPERTY
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
@PROPERTY
@given(a=curves(), b=curves(), volume=VOLUMES)
def test_an_operation_on_curves_is_the_operation_on_their_values(
    name: str, a: Curve, b: Curve, volume: Fraction
) -> None:
    on_curves, on_values = POINTWISE[name]
    made = on_curves(a, b)
    for v in [volume, *edges(a, b)]:
        assert made.at(v) == on_values(a.at(v), b.at(v))


@PROPERTY
@given(outer=curves(), inner=rising(), volume=VOLUMES)
def test_a_curve_of_a_curve_is_the_value_at_the_value(outer: Curve, inner: Curve, volume: Fraction) -> None:
    made = outer.of(inner)
    for v in [volume, *edges(inner)]:
        assert made.at(v) == outer.at(inner.at(v))


@PROPERTY
@given(outer=curves(), steps=flat(), slope=RISING, volume=VOLUMES)
def test_a_curve_of_what_jumps_down_is_the_value_at_the_value(
    outer: Curve, steps: Curve, slope: Fraction, volume: Fraction
) -> None:
    inner = (Curve.linear(slope) + steps).clamp(0)
    made = outer.of(inner)
    for v in [volume, *edges(inner)]:
        assert made.at(v) == outer.at(inner.at(v))


@PROPERTY
@given(curve=curves(), by=st.fractions(min_value=Fraction(1, 9), max_value=9, max_denominator=9), volume=VOLUMES)
def test_a_stretched_curve_is_the_value_at_so_many_times_the_volume(
    curve: Curve, by: Fraction, volume: Fraction
) -> None:
    made = curve.limited(90, "full").stretched(by)
    assert made.limit
    for v in [volume, *edges(made)]:
        assert made.unlimited_at(v) == curve.at(v * by)
    assert made.limit.volume * by == 90


@PROPERTY
@given(curve=curves(), volumes=st.lists(VOLUMES.filter(bool), max_size=12))
def test_volumes_in_runs_lie_on_the_lines_they_come_with(curve: Curve, volumes: list[Fraction]) -> None:
    volumes = sorted([*volumes, *(v for v in edges(curve) if v)])
    runs = [(line.at(v), v) for line, run in curve.runs(volumes) for v in run]
    assert runs == [(curve.at(v), v) for v in volumes]


@PROPERTY
@given(curve=flat(), volume=VOLUMES)
def test_levels_taken_through_a_function_are_the_function_of_each_level(curve: Curve, volume: Fraction) -> None:
    made = curve.through(lambda level: ceil(level * 3))
    for v in [volume, *edges(curve)]:
        assert made.at(v) == ceil(curve.at(v) * 3)


@PROPERTY
@given(curve=rising(), bounds=st.lists(RISING, min_size=1, max_size=4, unique=True), volume=VOLUMES)
def test_the_tiers_of_a_quantity_sum_to_the_quantity(curve: Curve, bounds: list[Fraction], volume: Fraction) -> None:
    ends = [Fraction(0), *sorted(b for b in bounds if b), None]
    tiers = [curve.tier(start, end) for start, end in pairwise(ends) if start is not None]
    assert Curve.total(tiers).at(volume) == curve.at(volume)
    assert all(tier.at(volume) >= 0 for tier in tiers)


@PROPERTY
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
    falls = Curve.linear(1) - Curve.steps(10, 0, 5) * 10
    with pytest.raises(ValueError, match="never falls"):
        Curve.linear(1).limited(5, "full").of(falls)


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


@st.composite
def continuous(draw: st.DrawFn) -> Curve:
    """A curve without jumps."""
    level = at_zero = draw(SMALL)
    pieces = []
    starts = [Fraction(0), *sorted(draw(STARTS))]
    for index, start in enumerate(starts):
        slope = draw(SMALL)
        pieces.append(Piece(start, level - slope * start, slope))
        if index + 1 < len(starts):
            level += slope * (starts[index + 1] - start)
    return Curve(at_zero, tuple(pieces))


@PROPERTY
@given(a=continuous(), b=continuous())
def test_two_curves_without_jumps_are_equal_where_they_cross(a: Curve, b: Curve) -> None:
    assert all(a.at(volume) == b.at(volume) for volume in crossings(a, b))


def sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


@PROPERTY
@given(a=curves(), b=curves())
def test_between_crossings_the_cheaper_side_is_as_the_spans_say(a: Curve, b: Curve) -> None:
    spans = signs(a, b)
    assert (spans[0].start, spans[-1].end) == (0, None)
    assert all(x.end == y.start and x.sign != y.sign for x, y in pairwise(spans))
    far = max(FAR, *(span.start + 10 for span in spans))
    cuts = sorted({p.start for c in (a, b) for p in c.pieces} | {s.start for s in spans} | {Fraction(far)})
    for left, right in pairwise(cuts):
        said = next(s.sign for s in spans if s.start <= left and (s.end is None or right <= s.end))
        for part in (1, 2, 3):
            volume = left + (right - left) * Fraction(part, 4)
            assert sign(a.at(volume) - b.at(volume)) == said


MILLION = 1_000_000
# 0.001 for each of the first million, 0.0008 for each one above it.
TIERED = Curve.linear(1).tier(0, MILLION) * Decimal("0.001") + Curve.linear(1).tier(MILLION, None) * Decimal("0.0008")
FLAT_PRICE = Curve.linear(Decimal("0.001"))
CROSSINGS = {
    "inside the first tier": (Curve.constant(500), TIERED, [500_000]),
    "at the edge of a tier": (Curve.constant(1_000), TIERED, [1_000_000]),
    "one unit above the edge": (Curve.constant(Decimal("1000.0008")), TIERED, [1_000_001]),
    "no one is ever cheaper": (TIERED, TIERED, []),
    "always the same side": (Curve.constant(1), TIERED + 2, []),
    # Three steps of 100 against 1 a unit: cheaper up to the price of the step, dearer from the next one on.
    "several, two of them at steps": (Curve.steps(110, 1, 3) * 100, Curve.linear(1), [100, 110, 200, 220, 300]),
    "at a step": (Curve.steps(100, 0, 2) * 50, Curve.constant(60), [100]),
    # The same price up to a million, then the tier is cheaper.
    "a tie, then one side": (FLAT_PRICE, TIERED, [1_000_000]),
    "a tie in the middle": (
        Curve.linear(1).clamp(10, 20),
        Curve.linear(1).clamp(0, 15) + Curve.linear(1).tier(30, None),
        [10, 15, 35],
    ),
    "cut by the limit": (Curve.constant(500).limited(400_000, "the group"), TIERED, []),
    "the limit on the crossing": (Curve.constant(500).limited(500_000, "the group"), TIERED, []),
    "the limit just above": (Curve.constant(500).limited(500_001, "the group"), TIERED, [500_000]),
}


@pytest.mark.parametrize("name", CROSSINGS)
def test_the_volumes_at_which_the_cheaper_side_changes_are_exact_and_all_there(name: str) -> None:
    a, b, volumes = CROSSINGS[name]
    assert crossings(a, b) == tuple(volumes)
    assert crossings(b, a) == tuple(volumes)


def test_spans_end_where_capacity_does() -> None:
    spans = signs(Curve.constant(500).limited(600_000, "the group"), TIERED)
    assert [(s.start, s.end, s.sign) for s in spans] == [(0, 500_000, 1), (500_000, 600_000, -1)]


def test_at_a_step_the_volume_up_to_which_one_side_won_still_belongs_to_it() -> None:
    own, other = Curve.steps(100, 0, 2) * 50, Curve.constant(60)
    (volume,) = crossings(own, other)
    assert own.at(volume) < other.at(volume)
    assert own.at(volume + Fraction(1, 1000)) > other.at(volume + Fraction(1, 1000))
