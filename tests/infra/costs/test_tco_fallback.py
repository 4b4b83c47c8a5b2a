"""Bursts that go to an API: how much, at hand-computed points, and that its bill is exactly that of the overflow."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.managed import managed_apis
from infra.costs.tco.fallback import day_of, overflow
from infra.costs.workload import Serving, Workload
from tests.infra.costs.owned import ALONE, MILLION, cost_of, part, workload
from tests.infra.costs.stacks import fleet, priced

REKOGNITION = managed_apis()["rekognition_labels"]

# 10 a second, planned at half; 720 hours; 6 of 24 hours at three times the average take three quarters of the volume.
# One more instance for every 10 x 0.5 x 2,592,000 x 3; in the busy hours each answers 6,480,000 a month.
BURST: dict[str, Any] = {"hours_per_month": Decimal(720), "peak_to_average": Decimal(3)}


def bursts(hours: int = 6, **volume: Any) -> Workload:
    owned = replace(ALONE, burst_hours_per_day=Decimal(hours))
    return replace(workload(rate=10, owned=owned, **{**BURST, **volume}), serving=Serving(utilisation=Decimal("0.5")))


@pytest.mark.parametrize(
    ("volume", "instances", "rest"),
    [
        (8_640_000, 1, 0),
        (8_640_004, 1, 3),
        (10_000_000, 1, 1_020_000),
        (38_880_000, 1, 22_680_000),
        (40_000_000, 2, 17_040_000),
        (100_000_000, 2, 62_040_000),
        (200_000_000, 2, 137_040_000 + 11_120_000),
    ],
)
def test_what_the_busy_hours_ask_above_the_instances_of_the_quiet_ones_goes_to_the_api(
    volume: int, instances: int, rest: int
) -> None:
    known = bursts(per_month=Decimal(volume))
    found = cost_of(known, 1, 2)
    assert part(found, "fallback", "Stack") == instances * (720 * Fraction("0.526") + Fraction("0.08"))
    assert part(found, "fallback", "API") == REKOGNITION.curve(known).at(rest)


def test_the_groups_maximum_ends_self_hosting_alone_but_not_with_a_fallback() -> None:
    found = cost_of(bursts(per_month=Decimal(100 * MILLION)), 1, 2)
    limit = found.scenarios["self-hosted"].limit
    # Two instances at 10 a second over three times the average.
    assert limit
    assert limit.volume == 2 * 8_640_000
    assert found.scenarios["fallback"].limit is None
    assert (found.total("self-hosted"), found.ends_from("self-hosted")) == (None, 0)
    assert found.total("fallback") is not None


def test_a_burst_longer_than_the_volume_allows_takes_all_of_it_and_says_so() -> None:
    known = bursts(12, per_month=Decimal(20 * MILLION))
    assert day_of(known).clamped
    found = cost_of(known, 1, 2)
    # Nothing is left for the quiet hours: the minimum of one, which answers 10 x 1,296,000 in the busy ones.
    assert part(found, "fallback", "API") == REKOGNITION.curve(known).at(20 * MILLION - 12_960_000)
    assert any("more than the whole volume" in p.basis for p in found.scenarios["fallback"].parts)


@given(
    volume=st.integers(0, 400_000_000),
    sizes=st.tuples(st.integers(1, 4), st.integers(0, 4)),
    hours=st.integers(0, 24),
)
@settings(max_examples=30, deadline=None)
def test_without_a_peak_the_fallback_needs_what_self_hosting_needs(
    volume: int, sizes: tuple[int, int], hours: int
) -> None:
    known = bursts(hours, peak_to_average=Decimal(1), per_month=Decimal(volume))
    found = cost_of(known, sizes[0], sum(sizes))
    alone = found.monthly("self-hosted", 0)
    assert found.ends("fallback", 0) is None
    if alone is None:
        assert part(found, "fallback", "API") > 0
    else:
        assert found.monthly("fallback", 0) == alone


@given(
    volume=st.integers(0, 400_000_000),
    peak=st.integers(1, 20),
    hours=st.integers(0, 24),
    opened=st.integers(1, 24),
    size=st.tuples(st.integers(0, 3), st.integers(1, 5)),
)
@settings(max_examples=50, deadline=None)
def test_an_api_beside_a_group_costs_exactly_what_it_charges_for_the_overflow(
    volume: int, peak: int, hours: int, opened: int, size: tuple[int, int]
) -> None:
    known = bursts(hours, peak_to_average=Decimal(peak), hours_open_per_day=Decimal(opened))
    day = day_of(known)
    asked = priced(*fleet("g4dn.xlarge", size[0], sum(size)), workload=known).again(planned_part=day.planned_part)
    rest = overflow(asked.groups, known, day)
    api = REKOGNITION.curve(known)
    assert 0 <= rest.at(volume) <= volume
    assert api.of(rest).at(volume) == api.at(rest.at(volume))
    assert all(api.of(rest).at(p.start) == api.at(rest.at(p.start)) for p in rest.pieces)


def test_a_stack_without_a_known_rate_cannot_plan_a_fallback() -> None:
    known = replace(workload(), capacity=())
    assert "state [capacity]" in cost_of(known).scenarios["fallback"].impossible
