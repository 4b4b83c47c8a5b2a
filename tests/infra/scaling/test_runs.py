"""Whole runs: every request accounted for, both simulations alike, losses where they must be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.scaling.events import Cluster
from infra.scaling.fluid import Month
from infra.scaling.group import Boot, Clients, Gateway, GroupSettings, Kind, Market, Tracking, WarmPool
from infra.scaling.result import Run
from infra.scaling.server import Server
from infra.scaling.traffic import Trace, read_trace

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
REAL = Path(__file__).resolve().parents[4] / "shared" / "traces" / "elb-request-count-5min.csv"
SERVER = Server(
    batch_size=8,
    batch_delay_seconds=0.002,
    batch_seconds=0.02,
    request_seconds=0.015,
    overhead_seconds=0.003,
    jitter=0.15,
    queue_limit=100,
)
KIND = Kind(name="c6i.large", server=SERVER)


def group(**changed: object) -> GroupSettings:
    target = Tracking(target=SERVER.rate_per_second * 60 * 0.7)
    given = {"kinds": (KIND,), "minimum": 1, "maximum": 6, "tracking": (target,), "boot": Boot()}
    return GroupSettings(**{**given, **changed})  # type: ignore[arg-type]


def trace(*per_second: float, step: float = 300.0) -> Trace:
    return Trace(counts=tuple(rate * step for rate in per_second), step_seconds=step, start=MONDAY)


def balanced(run: Run) -> None:
    assert run.answered + run.lost_total + run.waiting == pytest.approx(run.arrived, rel=1e-9, abs=1e-6)
    assert run.latencies.total == pytest.approx(run.answered, rel=1e-9)
    assert sum(moment.arrived for moment in run.series) == pytest.approx(run.arrived, rel=1e-9)
    assert sum(moment.answered for moment in run.series) == pytest.approx(run.answered, rel=1e-9)
    assert sum(moment.seconds for moment in run.series) == pytest.approx(run.seconds)
    assert min(run.answered, run.waiting, *run.lost.values(), 0) >= -1e-6


RATES = st.lists(st.floats(0, 120), min_size=1, max_size=4)
GROUPS = st.fixed_dictionaries(
    {
        "minimum": st.integers(0, 2),
        "maximum": st.integers(2, 4),
        "on_demand_percent": st.sampled_from([0, 50, 100]),
        "failures_per_hour": st.sampled_from([0.0, 6.0]),
        "market": st.sampled_from([Market(), Market(interruptions_per_hour=6.0, rebalance=False)]),
        "clients": st.sampled_from([Clients(), Clients(retries=2, backoff_seconds=1.0)]),
        "gateway": st.sampled_from([Gateway(), Gateway(rate_per_second=30, burst=20), Gateway(timeout_seconds=1.0)]),
        "warm_pool": st.sampled_from([None, WarmPool(prepared=3)]),
        "wake": st.booleans(),
    }
)


@settings(max_examples=40, deadline=None)
@given(rates=RATES, changed=GROUPS, seed=st.integers(0, 5))
def test_every_request_is_answered_lost_or_waiting(rates: list[float], changed: dict[str, object], seed: int) -> None:
    asked, traffic = group(**changed), trace(*rates, step=60.0)
    balanced(Cluster(asked, traffic, seed=seed).run())
    balanced(Month(asked, traffic, seed=seed).run())


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    asked = group(market=Market(interruptions_per_hour=6.0), on_demand_percent=0, failures_per_hour=2.0)
    traffic = trace(30, 90, 30)
    for kind in (Cluster, Month):
        first, second, other = (kind(asked, traffic, seed=seed).run() for seed in (3, 3, 4))
        assert first.series == second.series
        assert first.instance_seconds == second.instance_seconds
        assert first.series != other.series


@pytest.mark.parametrize("rates", [(20, 20, 20), (20, 70, 130, 130, 40, 40), (0, 0, 120, 0)])
def test_the_flow_finds_what_the_events_find(rates: tuple[float, ...]) -> None:
    traffic = trace(*rates, step=600.0)
    exact, flow = Cluster(group(), traffic, seed=1).run(), Month(group(), traffic).run()
    assert flow.answered == pytest.approx(exact.answered, rel=0.03)
    assert flow.lost_total == pytest.approx(exact.lost_total, rel=0.2, abs=0.005 * exact.arrived)
    assert flow.quantile(0.5) == pytest.approx(exact.quantile(0.5), rel=0.15)
    assert flow.quantile(0.99) == pytest.approx(exact.quantile(0.99), rel=0.25)
    assert flow.instance_hours() == pytest.approx(exact.instance_hours(), rel=0.05)


def test_a_burst_that_is_over_before_an_instance_boots_is_lost_in_part() -> None:
    traffic = trace(20, 20, 20, 200, 20, 20, step=120.0)
    run = Cluster(group(), traffic, seed=1).run()
    assert set(run.lost) == {"queue_full"}
    assert run.lost_total > 5_000
    # Six at the start would have lost nothing.
    assert Cluster(group(minimum=6), traffic, seed=1).run().lost_total == 0


def test_an_empty_group_answers_503_until_it_is_awake() -> None:
    traffic = trace(0, 2, 2, 2)
    for kind in (Cluster, Month):
        run = kind(group(minimum=0, wake=True), traffic, seed=1).run()
        # A minute's metric, seen a minute late, and 140 seconds to boot.
        assert run.lost.keys() == {"no_instance"}
        assert run.lost_total == pytest.approx(2 * (60 + 60 + 140), rel=0.15)


def test_callers_who_try_again_get_through_and_wait() -> None:
    traffic = trace(0, 2, 2)
    patient = group(minimum=0, wake=True, clients=Clients(retries=8, backoff_seconds=2.0))
    run = Cluster(patient, traffic, seed=1).run()
    assert run.lost_total == 0
    assert run.quantile(0.9) > 10


def test_the_throttle_turns_away_what_is_above_it() -> None:
    limited = group(minimum=3, gateway=Gateway(rate_per_second=40, burst=10))
    for kind in (Cluster, Month):
        run = kind(limited, trace(100), seed=1).run()
        assert run.lost["throttled"] == pytest.approx(60 * 300, rel=0.03)


def test_the_gateway_gives_up_before_a_long_queue_is_through() -> None:
    slow = Kind(name="c6i.large", server=Server(request_seconds=1.0, queue_limit=100))
    asked = group(kinds=(slow,), maximum=1, tracking=(), gateway=Gateway(timeout_seconds=30.0))
    for kind in (Cluster, Month):
        run = kind(asked, trace(3), seed=1).run()
        assert run.lost["timeout"] > 100
        assert run.quantile(1.0) < 35


def test_requests_to_a_dead_instance_fail_until_the_health_checks_see_it() -> None:
    asked = group(minimum=3, maximum=3, tracking=(), failures_per_hour=4.0, detect_seconds=30.0)
    for kind in (Cluster, Month):
        run = kind(asked, trace(*[30] * 12), seed=2).run()
        assert run.failed > 3
        assert run.lost["failed_instance"] > 30 * run.failed


def test_a_group_at_its_limits_costs_what_its_hours_are() -> None:
    run = Month(group(minimum=2, maximum=2, tracking=()), trace(10, 10)).run()
    assert run.instance_seconds == {("c6i.large", False): pytest.approx(1200.0)}
    assert run.average_instances() == pytest.approx(2.0)


@pytest.mark.skipif(not REAL.is_file(), reason="the real trace is not beside the project")
def test_the_real_trace_is_the_same_to_both() -> None:
    traffic = read_trace(REAL)
    busy = max(range(0, len(traffic.counts) - 36, 6), key=lambda at: sum(traffic.counts[at : at + 36]))
    part = Trace(counts=traffic.counts[busy : busy + 36], step_seconds=300.0, start=MONDAY).scaled_to(300_000)
    exact, flow = Cluster(group(), part, seed=1).run(), Month(group(), part).run()
    assert flow.good_share(0.5) == pytest.approx(exact.good_share(0.5), abs=0.02)
    assert flow.lost_share == pytest.approx(exact.lost_share, abs=0.01)
    assert flow.instance_hours() == pytest.approx(exact.instance_hours(), rel=0.05)
