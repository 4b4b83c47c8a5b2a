"""Scales of the charts over time: round dates and figures, each where it belongs."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from infra.page.scale import BOTTOM, LEFT, RIGHT, TOP, Times, linear, logarithmic

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 86_400
LENGTHS = [20, 600, 3600, 5 * 3600, DAY, 3 * DAY, 14 * DAY, 60 * DAY, 120 * DAY, 365 * DAY, 19 * 365 * DAY]


@pytest.mark.parametrize("seconds", LENGTHS)
def test_dates_are_round_few_and_in_order(seconds: int) -> None:
    start = datetime(2024, 2, 26, 5, 42, 17, tzinfo=UTC)
    ticks = Times(start=start, seconds=seconds).ticks
    places = [float(tick.at) for tick in ticks]
    assert 2 <= len(ticks) <= 9
    assert places == sorted({*places})
    assert LEFT <= places[0] <= places[-1] <= RIGHT
    assert min(b - a for a, b in pairwise(places)) > 50


def test_a_date_stands_where_its_time_is() -> None:
    week = Times(start=START + timedelta(hours=6), seconds=7 * DAY)
    found = {tick.words: float(tick.at) for tick in week.ticks}
    assert found["Tue 6 Jan"] == pytest.approx(LEFT + (RIGHT - LEFT) * 18 / (7 * 24), abs=0.1)
    months = Times(start=START, seconds=70 * DAY).ticks
    assert all(words.startswith("Mon ") for words in (tick.words for tick in months))


@pytest.mark.parametrize("top", [0, 0.0004, 0.7, 1, 3, 9.99, 10, 130, 999, 1_234_567])
def test_figures_at_the_side_are_round_and_reach_the_top(top: float) -> None:
    scale = linear(top)
    assert scale.high >= top
    assert scale.marks[0] == 0
    assert 2 <= len(scale.marks) <= 6
    assert TOP <= float(scale.y(top)) <= BOTTOM
    assert len({tick.words for tick in scale.ticks}) == len(scale.marks) or top < 0.001


@pytest.mark.parametrize(("low", "high"), [(80, 3000), (1, 1), (0.3, 90_000), (100, 1000), (119, 119.5)])
def test_logarithmic_scales_hold_both_ends(low: float, high: float) -> None:
    scale = logarithmic(low, high)
    assert scale.low <= low <= high <= scale.high
    assert scale.low < scale.high
    assert float(scale.y(low)) >= float(scale.y(high))
    assert scale.marks
