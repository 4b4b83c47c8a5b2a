"""Statistics say what a plan needs: peaks of sliding windows, how fast they are reached, and when."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.scaling.traffic import Trace, largest_rise, statistics_of

HOUR, DAY = 3_600, 86_400
PROPERTY = settings(deadline=None, derandomize=True, max_examples=80)


def test_a_peak_is_found_wherever_its_window_begins() -> None:
    # Aligned five minutes hold 300 each, those from the third minute on 600.
    counts = (0, 0, 0, 100, 200, 200, 100, 0, 0, 0)
    found = statistics_of(Trace(counts=counts, step_seconds=60))
    five = next(peak for peak in found.peaks if peak.window_seconds == 300)
    assert (five.per_second, five.to_average, five.at) == (2, 2, 120)
    assert found.peak_to_average(60) == pytest.approx(200 / 60)
    assert found.peak_to_average(900) is None


@PROPERTY
@given(counts=st.lists(st.integers(0, 1_000), min_size=1, max_size=80), step=st.sampled_from([7, 60, 100, 300]))
def test_peaks_and_rises_are_those_of_all_windows_counted_one_by_one(counts: list[int], step: int) -> None:
    trace = Trace(counts=tuple(counts), step_seconds=step)
    found = statistics_of(trace)
    for peak in found.peaks:
        size = int(peak.window_seconds // step)
        windows = [sum(counts[i : i + size]) for i in range(len(counts) - size + 1)]
        assert peak.per_second == pytest.approx(max(windows) / (size * step))
        assert windows[int(peak.at / step)] == max(windows)
    for rise in found.rises:
        size = int(rise.window_seconds // step)
        windows = [sum(counts[i : i + size]) for i in range(len(counts) - size + 1)]
        grown = max(after - before for before, after in zip(windows, windows[size:], strict=False))
        assert rise.growth_per_second == pytest.approx(max(grown, 0) / (size * step))


def test_windows_are_left_out_that_the_steps_or_the_length_cannot_show() -> None:
    found = statistics_of(Trace(counts=(1,) * 24, step_seconds=300))
    assert [peak.window_seconds for peak in found.peaks] == [300, 900, HOUR]
    assert [rise.window_seconds for rise in found.rises] == [300, 900]


def test_percentiles_are_of_the_time_and_idle_steps_are_counted() -> None:
    found = statistics_of(Trace(counts=(*[0] * 50, *range(1, 51)), step_seconds=1))
    assert (found.p50_per_second, found.p95_per_second, found.p99_per_second) == (0, 45, 49)
    assert found.idle_share == 0.5


def test_the_largest_rise_is_where_the_second_window_begins_and_its_ratio_ignores_next_to_nothing() -> None:
    # From 1 to 20 is the larger ratio, but stays far below the average; 100 to 400 is what a plan must follow.
    trace = Trace(counts=(1, 20, 100, 400, 400, 400, 300, 200), step_seconds=300)
    rise = largest_rise(trace, 300)
    assert rise is not None
    assert (rise.growth_per_second, rise.at, rise.ratio) == (1, 900, 4)
    assert largest_rise(trace, 60) is None
    assert largest_rise(trace, 1_500) is None


def test_rates_by_hour_and_weekday_split_steps_at_full_hours() -> None:
    # 10 days from Thursday 22:30 on in steps of half an hour; only the hour from 9:00 on Mondays has more.
    start = datetime(2026, 1, 1, 22, 30, tzinfo=UTC)
    busy = {datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 5, 9, 30, tzinfo=UTC)}
    times = [datetime.fromtimestamp(start.timestamp() + 1_800 * i, UTC) for i in range(480)]
    found = statistics_of(
        Trace(counts=tuple(3_600 if t in busy else 1_800 for t in times), step_seconds=1_800, start=start)
    )
    assert (found.busiest_hour, found.busiest_weekday) == (9, "Monday")
    assert found.rate_by_hour[10] == pytest.approx(1)
    assert found.rate_by_hour[9] == pytest.approx(1.1)
    # The same requests with every second step straddling a full hour.
    halves = Trace(counts=(1_000, 2_000, 3_000, 4_000) * 12, step_seconds=1_800, start=start.replace(minute=15))
    by_hour = statistics_of(halves).rate_by_hour
    # 23:00 holds half of one step of 4,000 wait for it: 22:45 to 23:15 is 2,000, 23:15 to 23:45 is 3,000.
    assert by_hour[23] == pytest.approx((1_000 + 3_000 + 2_000) / HOUR)


def test_a_short_trace_knows_no_busiest_hour_and_a_steady_one_has_none() -> None:
    assert statistics_of(Trace(counts=(1, 2), step_seconds=HOUR)).busiest_hour is None
    assert statistics_of(Trace(counts=(1,) * 6, step_seconds=DAY)).busiest_weekday is None
    steady = statistics_of(Trace(counts=(0.1,) * 168 * 2, step_seconds=1_800))
    assert steady.rate_by_weekday
    assert (steady.busiest_hour, steady.busiest_weekday) == (None, None)


def test_a_trace_without_requests_has_statistics_too() -> None:
    found = statistics_of(Trace(counts=(0,) * 1_440, step_seconds=60))
    assert found.idle_share == 1
    assert all(peak.per_second == 0 for peak in found.peaks)
    assert all((rise.growth_per_second, rise.ratio) == (0, 1) for rise in found.rises)


def test_longer_windows_never_have_higher_peaks() -> None:
    counts = tuple((i * 7919) % 101 for i in range(1_440 * 2))
    peaks = statistics_of(Trace(counts=counts, step_seconds=60)).peaks
    assert len(peaks) == 5
    assert all(shorter.per_second >= longer.per_second for shorter, longer in pairwise(peaks))
