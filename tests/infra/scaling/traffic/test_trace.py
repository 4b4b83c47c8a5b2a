"""A trace keeps its requests and its shape through everything that is done to it."""

from datetime import UTC, datetime, timedelta, timezone
from math import fsum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.errors import InputError
from infra.scaling.traffic import MONDAY, MOST_STEPS, Trace

PROPERTY = settings(deadline=None, derandomize=True, max_examples=80)
COUNTS = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=60).map(tuple)
STEPS = st.sampled_from([0.5, 1.0, 7.0, 60.0, 300.0, 3_600.0])
HOUR, DAY, WEEK = 3_600, 86_400, 604_800


def trace(*counts: float, step: float = 60, **more: Any) -> Trace:
    return Trace(counts=counts, step_seconds=step, **more)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"counts": ()}, "has no steps"),
        ({"counts": (1.0, -1.0)}, "-1 requests in step 1 cannot be"),
        ({"counts": (1.0, float("nan"))}, "nan requests in step 1 cannot be"),
        ({"counts": (float("inf"), 1.0)}, "inf requests in step 0 cannot be"),
        ({"counts": ("many",)}, "a count is no number"),
        ({"counts": (10**400,)}, "a count is no number"),
        ({"step_seconds": 0}, "a step of 0 s cannot be"),
        ({"step_seconds": float("nan")}, "a step of nan s cannot be"),
        ({"start": datetime(2026, 1, 5)}, "has no time zone"),
    ],
)
def test_what_cannot_be_a_trace_is_refused_in_one_line(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        Trace(**{"counts": (1.0,), "step_seconds": 60, "name": "shop", **values})
    assert str(refused.value).startswith("trace 'shop': ")
    assert "\n" not in str(refused.value)


def test_more_steps_than_the_limit_are_refused_before_they_are_made() -> None:
    with pytest.raises(InputError, match=f"more than the limit of {MOST_STEPS:,}"):
        trace(1.0).for_seconds(60.0 * (MOST_STEPS + 1))
    with pytest.raises(InputError, match=f"more than the limit of {MOST_STEPS:,}"):
        trace(1.0, step=WEEK).resampled(1e-3)


def test_rates_are_of_the_whole_trace_and_of_its_busiest_step() -> None:
    shop = trace(60, 120, 0)
    assert (shop.seconds, shop.total, shop.average_per_second, shop.peak_per_second) == (180, 180, 1, 2)


def test_the_start_is_kept_as_a_moment_whatever_its_zone() -> None:
    tokyo = datetime(2026, 1, 5, 9, tzinfo=timezone(timedelta(hours=9)))
    assert trace(1.0, start=tokyo).start == MONDAY
    assert trace(1.0, start=tokyo).start.tzinfo is UTC


def test_notes_do_not_make_traces_differ() -> None:
    assert trace(1.0, notes=("a row was missing",)) == trace(1.0)


@PROPERTY
@given(counts=COUNTS, step=STEPS, total=st.floats(min_value=1e-3, max_value=1e12))
def test_scaling_meets_the_total_and_keeps_the_shape(counts: tuple[float, ...], step: float, total: float) -> None:
    own = Trace(counts=counts, step_seconds=step)
    if own.total < 1e-6:
        return
    scaled = own.scaled_to(total)
    assert scaled.total == pytest.approx(total, rel=1e-9)
    assert [c * own.total for c in scaled.counts] == pytest.approx([c * total for c in counts], rel=1e-9)


def test_a_month_at_the_scaled_rate_holds_the_volume() -> None:
    week = trace(*range(1, 169), step=HOUR).scaled_to_month(1_000_000)
    assert week.average_per_second * 730 * HOUR == pytest.approx(1_000_000)


def test_a_trace_without_requests_has_no_shape_to_scale() -> None:
    assert trace(0, 0).scaled_to(0) == trace(0, 0)
    with pytest.raises(InputError, match="no shape to scale"):
        trace(0, 0).scaled_to(5)
    with pytest.raises(InputError, match="cannot hold nan requests"):
        trace(1).scaled_to(float("nan"))


@PROPERTY
@given(counts=COUNTS, old=STEPS, new=st.sampled_from([0.5, 1.0, 6.0, 7.0, 45.0, 60.0, 90.0, 3_600.0]))
def test_resampling_keeps_every_request(counts: tuple[float, ...], old: float, new: float) -> None:
    own = Trace(counts=counts, step_seconds=old)
    other = own.resampled(new)
    assert other.total == pytest.approx(own.total, rel=1e-9, abs=1e-9)
    assert other.step_seconds == new
    assert own.seconds <= other.seconds < own.seconds + new
    assert other.start == own.start


@PROPERTY
@given(counts=COUNTS, old=STEPS, new=STEPS)
def test_resampled_requests_stay_at_their_time(counts: tuple[float, ...], old: float, new: float) -> None:
    own = Trace(counts=counts, step_seconds=old)
    other = own.resampled(new)
    for moment in (0.0, own.seconds / 3, own.seconds / 2, own.seconds):
        edge = moment // new * new
        assert _until(other, edge) == pytest.approx(_until(own, edge), rel=1e-9, abs=1e-6)


def _until(own: Trace, moment: float) -> float:
    width = own.step_seconds
    shares = ((count, min(max((moment - i * width) / width, 0), 1)) for i, count in enumerate(own.counts))
    return fsum(count * share for count, share in shares)


def test_coarser_steps_sum_and_finer_ones_split_evenly() -> None:
    assert trace(1, 2, 3, 4, 5).resampled(120).counts == (3, 7, 5)
    assert trace(1, 2).resampled(30).counts == (0.5, 0.5, 1, 1)
    assert trace(6, 6, 6).resampled(90).counts == (9, 9)


def test_a_longer_time_repeats_whole_weeks_so_that_weekdays_stay() -> None:
    # Eight days and a half, each hour numbered, from a Thursday on.
    own = trace(*range(204), step=HOUR, start=datetime(2026, 1, 8, tzinfo=UTC))
    month = own.for_seconds(730 * HOUR)
    assert len(month.counts) == 730
    assert all(count == i % 168 for i, count in enumerate(month.counts))
    assert "7 days to fill 30.42 days" in month.notes[-1]


def test_less_than_a_week_repeats_whole_days_and_less_than_a_day_repeats_from_its_start() -> None:
    days = trace(*range(60), step=HOUR).for_seconds(5 * DAY)
    assert all(count == i % 48 for i, count in enumerate(days.counts))
    hours = trace(*range(5), step=HOUR).for_seconds(DAY)
    assert all(count == i % 5 for i, count in enumerate(hours.counts))


def test_a_shorter_time_is_cut_to_the_steps_that_cover_it() -> None:
    assert trace(1, 2, 3).for_seconds(120).counts == (1, 2)
    assert trace(1, 2, 3).for_seconds(121).counts == (1, 2, 3)
    with pytest.raises(InputError, match="cannot last 0 s"):
        trace(1).for_seconds(0)


def test_a_part_begins_where_it_was() -> None:
    part = trace(1, 2, 3, 4).between(60, 180)
    assert part == trace(2, 3, start=MONDAY + timedelta(seconds=60))
    assert trace(1, 2, 3, 4).between(61, 119).counts == (2,)


@pytest.mark.parametrize(("begin", "end"), [(-1, 60), (60, 60), (120, 60), (0, 241)])
def test_a_part_outside_of_the_trace_is_refused(begin: float, end: float) -> None:
    with pytest.raises(InputError, match="is not within its 240 s"):
        trace(1, 2, 3, 4).between(begin, end)
