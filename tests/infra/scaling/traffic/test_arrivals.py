"""Arrivals come at the rate of the trace, by chance or in exact numbers."""

from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.scaling.traffic import Trace, arrivals

PROPERTY = settings(deadline=None, derandomize=True, max_examples=60)
COUNTS = st.lists(st.floats(min_value=0, max_value=50), min_size=1, max_size=40).map(tuple)


@PROPERTY
@given(counts=COUNTS, seed=st.integers(0, 1_000), exact=st.booleans())
def test_arrivals_rise_within_the_trace_and_none_is_in_an_idle_step(
    counts: tuple[float, ...], seed: int, exact: bool
) -> None:
    moments = list(arrivals(Trace(counts=counts, step_seconds=10), seed, exact=exact))
    assert moments == sorted(moments)
    assert all(0 <= moment < 10 * len(counts) for moment in moments)
    assert all(counts[int(moment // 10)] for moment in moments)
    assert moments == list(arrivals(Trace(counts=counts, step_seconds=10), seed, exact=exact))


@PROPERTY
@given(counts=COUNTS, seed=st.integers(0, 1_000))
def test_exact_arrivals_are_as_many_as_the_requests_and_never_half_a_request_off(
    counts: tuple[float, ...], seed: int
) -> None:
    trace = Trace(counts=counts, step_seconds=10)
    moments = list(arrivals(trace, seed, exact=True))
    assert abs(len(moments) - trace.total) <= 0.5 + 1e-6
    for i in range(len(counts)):
        so_far = sum(moment < (i + 1) * 10 for moment in moments)
        assert abs(so_far - sum(counts[: i + 1])) <= 0.5 + 1e-6
        assert abs(sum(moment // 10 == i for moment in moments) - counts[i]) < 1 + 1e-6


def test_fractions_of_requests_add_up_instead_of_being_lost() -> None:
    trace = Trace(counts=(0.1,) * 1_000, step_seconds=60)
    assert len(list(arrivals(trace, 3, exact=True))) == 100
    assert len(list(arrivals(trace, 3))) == pytest.approx(100, abs=4 * sqrt(100))


def test_poisson_arrivals_have_the_mean_the_variance_and_the_gaps_of_a_poisson_process() -> None:
    trace = Trace(counts=(4.0, 0.0, 12.0) * 4_000, step_seconds=10)
    moments = list(arrivals(trace, 11))
    held = [0] * len(trace.counts)
    for moment in moments:
        held[int(moment // 10)] += 1
    for phase, rate in ((0, 4.0), (2, 12.0)):
        counts = held[phase::3]
        mean = sum(counts) / len(counts)
        variance = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
        assert mean == pytest.approx(rate, abs=4 * sqrt(rate / len(counts)))
        assert variance == pytest.approx(rate, rel=0.12)
    steady = list(arrivals(Trace(counts=(10_000.0,), step_seconds=10_000), 5))
    gaps = [after - before for before, after in pairwise(steady)]
    assert sum(gap > 1 for gap in gaps) / len(gaps) == pytest.approx(0.3679, abs=0.02)


@pytest.mark.parametrize("exact", [False, True])
def test_a_part_of_the_time_has_its_part_of_the_requests(exact: bool) -> None:
    trace = Trace(counts=(1_000.0, 100.0, 0.0, 500.0), step_seconds=100)
    moments = list(arrivals(trace, 2, 50, 350, exact=exact))
    assert all(50 <= moment < 350 for moment in moments)
    for begin, end, expected in ((50, 100, 500), (100, 200, 100), (200, 300, 0), (300, 350, 250)):
        held = sum(begin <= moment < end for moment in moments)
        assert held == pytest.approx(expected, abs=4 * sqrt(expected) + 1e-9)
    assert list(arrivals(trace, 2, 400, exact=exact)) == []
    assert max(arrivals(trace, 2, 0, 10_000, exact=exact)) < 400


def test_another_seed_gives_other_arrivals() -> None:
    trace = Trace(counts=(20.0,), step_seconds=60)
    assert list(arrivals(trace, 1)) != list(arrivals(trace, 2))
