"""Made traces hold the volume asked for, in the rhythm of their name, the same each time."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.errors import InputError
from infra.scaling.traffic import (
    SHAPES,
    Trace,
    bursts,
    daily,
    flash_crowd,
    generate,
    growth,
    named,
    office_hours,
    product,
    statistics_of,
    steady,
    weekly,
)

HOUR, DAY = 3_600, 86_400
PROPERTY = settings(deadline=None, derandomize=True, max_examples=25)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("step", [60, 45, 7, 300, 3_600])
def test_every_shape_holds_the_volume_and_the_time_whatever_the_step(name: str, step: float) -> None:
    trace = named(name, per_month=1_000_000, days=7, step_seconds=step)
    assert trace.average_per_second * 730 * HOUR == pytest.approx(1_000_000)
    assert 7 * DAY <= trace.seconds < 7 * DAY + step
    assert trace.step_seconds == step
    assert trace == named(name, per_month=1_000_000, days=7, step_seconds=step)


@pytest.mark.parametrize("name", [name for name in SHAPES if name not in ("steady", "growth")])
@PROPERTY
@given(wanted=st.floats(min_value=4, max_value=12))
def test_a_wanted_peak_is_met(name: str, wanted: float) -> None:
    trace = named(name, per_month=1e6, days=7, step_seconds=300, peak_to_average=wanted)
    assert trace.peak_per_second / trace.average_per_second == pytest.approx(wanted, rel=1e-3)


def test_a_peak_that_a_shape_cannot_have_is_refused_with_what_it_can() -> None:
    with pytest.raises(InputError, match="cannot peak at 3 times its average; give 1 to 1"):
        named("steady", per_month=1, peak_to_average=3)
    with pytest.raises(InputError, match="cannot peak at 1 times its average; give 3"):
        named("office_hours", per_month=1, days=7, peak_to_average=1)
    with pytest.raises(InputError, match="cannot peak at nan times"):
        named("daily", per_month=1, peak_to_average=float("nan"))


def test_volumes_in_all_a_second_and_a_month_mean_the_same() -> None:
    in_all = generate(daily(), total=3_600 * 24 * 30)
    assert in_all.counts == pytest.approx(generate(daily(), per_second=1).counts)
    assert in_all.counts == pytest.approx(generate(daily(), per_month=730 * 3_600).counts)
    with pytest.raises(InputError, match="2 volumes given"):
        generate(steady(), total=1, per_second=1)
    with pytest.raises(InputError, match="0 volumes given"):
        generate(steady())


def test_a_steady_rate_has_no_peak() -> None:
    found = statistics_of(generate(steady(), per_second=2, days=8))
    assert {round(peak.to_average, 9) for peak in found.peaks} == {1.0}


def test_days_peak_at_their_hour_and_weeks_rest_at_their_end() -> None:
    assert statistics_of(generate(daily(peak_hour=6.5), per_second=1)).busiest_hour == 6
    found = statistics_of(generate(weekly(peak_hour=20.5, weekend=0.25), per_second=1, days=28))
    assert found.busiest_hour == 20
    assert max(found.rate_by_weekday[5:]) < 0.5 * min(found.rate_by_weekday[:5])


def test_the_rhythm_follows_the_date_and_not_the_beginning_of_the_trace() -> None:
    friday_noon = datetime(2026, 1, 9, 12, tzinfo=UTC)
    found = statistics_of(generate(office_hours(), per_second=1, days=14, start=friday_noon))
    assert found.rate_by_weekday[5:] == pytest.approx((0, 0), abs=1e-9)
    assert all(rate < 1e-9 for hour, rate in enumerate(found.rate_by_hour) if not 8 <= hour < 18)
    assert found.busiest_hour in (12, 13)


def test_no_weekend_rises_faster_than_a_weekday() -> None:
    rises = statistics_of(generate(weekly(), per_second=1, days=14)).rises
    assert all(rise.ratio < 1.1 for rise in rises if rise.window_seconds <= 300)


def test_nights_and_weekends_of_office_hours_are_idle() -> None:
    found = statistics_of(generate(office_hours(opens=9, closes=17), per_second=1, days=7))
    assert found.idle_share == pytest.approx(1 - 5 * 8 / 168, abs=0.001)
    with pytest.raises(InputError, match="are no hours of a day"):
        office_hours(opens=18, closes=8)


def test_bursts_change_with_the_seed_and_stand_out_of_a_steady_rate() -> None:
    first, second = (named("bursts", per_month=1e6, seed=seed) for seed in (1, 2))
    assert first != second
    assert first.total == pytest.approx(second.total)
    found = statistics_of(first)
    assert found.peak_per_second > 3 * found.p50_per_second
    none = generate(bursts(per_day=1e-6), per_second=1)
    assert none.peak_per_second == pytest.approx(1)


def test_a_flash_crowd_comes_once_at_its_height_and_fades() -> None:
    trace = generate(flash_crowd(at=0.5, height=20, rise_minutes=10, halving_minutes=30), per_second=1, days=2)
    before, peak = trace.counts[0], max(trace.counts)
    assert peak / before == pytest.approx(20, rel=0.05)
    assert DAY <= trace.counts.index(peak) * 60 <= DAY + 11 * 60
    assert all(count == before for count in trace.counts[:1_440])
    assert trace.counts[-1] == pytest.approx(before, rel=0.01)


def test_growth_ends_so_many_times_as_high() -> None:
    trace = generate(growth(factor=3), per_second=1, step_seconds=HOUR)
    assert trace.counts[-1] / trace.counts[0] == pytest.approx(3, rel=0.01)
    assert list(trace.counts) == sorted(trace.counts)


def test_shapes_multiply() -> None:
    both = generate(product(daily(), growth(factor=4)), per_second=1, days=28)
    assert both == generate(product(growth(factor=4), daily()), per_second=1, days=28)
    weeks = [sum(both.counts[i : i + 10_080]) for i in range(0, 40_320, 10_080)]
    assert all(after / before == pytest.approx(4 ** (1 / 4)) for before, after in pairwise(weeks))
    assert named("daily * growth", per_month=1) == Trace(
        counts=generate(product(daily(), growth()), per_month=1).counts, step_seconds=60, name="daily * growth"
    )


def test_a_finer_step_is_flat_within_each_minute() -> None:
    fine, usual = (named("weekly*bursts", per_month=1e6, days=2, step_seconds=step, seed=4) for step in (1, 60))
    assert fine.resampled(60).counts == pytest.approx(usual.counts)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("weakly", {}, "no shape is named so, did you mean 'weekly'?"),
        ("daily*", {}, "no shape is named so"),
        ("daily", {"days": 0}, "a trace of 0 days cannot be"),
        ("daily", {"days": float("inf")}, "a trace of inf days cannot be"),
        ("daily", {"step_seconds": -1}, "a step of -1 s cannot be"),
        ("daily", {"days": 3_650, "step_seconds": 1}, "more than the limit of 10,000,000"),
        ("daily", {"per_month": -5}, "cannot hold -"),
        ("office_hours", {"days": 0.2}, "has no rate above 0 in this time"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(name: str, values: dict[str, float], reason: str) -> None:
    with pytest.raises(InputError) as refused:
        named(name, **{"per_month": 1e6, **values})  # type: ignore[arg-type]
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("make", [lambda: growth(factor=0), lambda: bursts(minutes=-1), lambda: flash_crowd(height=0)])
def test_a_shape_needs_numbers_above_zero(make: object) -> None:
    with pytest.raises(InputError, match="cannot shape traffic"):
        make()  # type: ignore[operator]
