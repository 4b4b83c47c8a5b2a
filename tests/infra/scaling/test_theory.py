"""The exact simulation against queueing theory, and against what must hold of any queue."""

from math import factorial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.costs.errors import InputError
from infra.scaling.events import poisson, serve
from infra.scaling.events.closed import closed_loop
from infra.scaling.fit import Loop, from_loops, from_rate
from infra.scaling.server import Server

ENDLESS = 10**9


def erlang_c(servers: int, load: float) -> float:
    """The chance that an arrival waits in M/M/c, `load` being arrivals over one server's rate."""
    others = sum(load**n / factorial(n) for n in range(servers))
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (others + last)


@pytest.mark.parametrize(("servers", "share"), [(1, 0.5), (2, 0.6), (4, 0.7)])
def test_exponential_service_waits_as_erlang_says(servers: int, share: float) -> None:
    server = Server(workers=servers, request_seconds=1.0, jitter=1.0, queue_limit=ENDLESS)
    found = serve(poisson(share * servers, Random(3), 400_000), server, seed=4)
    expected = erlang_c(servers, share * servers) / (servers - share * servers)
    # Waiting alone; the service takes a second. Runs of the benchmark are longer, and within 2 %.
    assert found.mean - 1.0 == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_constant_service_waits_half_as_long(share: float) -> None:
    server = Server(request_seconds=1.0, queue_limit=ENDLESS)
    found = serve(poisson(share, Random(5), 300_000), server, seed=6)
    assert found.mean - 1.0 == pytest.approx(share / (2 * (1 - share)), rel=0.04)


def test_the_fullest_batches_give_the_highest_rate() -> None:
    server = Server(batch_size=8, batch_seconds=0.02, request_seconds=0.01, queue_limit=ENDLESS)
    found = serve([0.0] * 8_000, server)
    assert found.seconds == pytest.approx(8_000 / server.rate_per_second, rel=1e-3)
    assert server.rate_per_second == pytest.approx(80.0)


def test_a_lone_request_waits_for_others_as_long_as_it_is_told() -> None:
    server = Server(batch_size=8, batch_delay_seconds=0.05, request_seconds=0.01, overhead_seconds=0.002)
    assert list(serve([1.0], server).latencies) == [pytest.approx(0.062)]


def test_requests_that_fill_the_batch_do_not_wait_for_more() -> None:
    server = Server(batch_size=2, batch_delay_seconds=5.0, request_seconds=0.01)
    assert serve([0.0, 0.1], server).seconds == pytest.approx(0.12)


def test_what_the_queue_cannot_hold_is_refused() -> None:
    server = Server(request_seconds=1.0, queue_limit=3)
    found = serve([0.0] * 10, server)
    # One at work, three waiting.
    assert (found.answered, found.refused) == (4, 6)


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.floats(0, 0.3), max_size=200),
    workers=st.integers(1, 3),
    size=st.integers(1, 5),
    limit=st.integers(1, 6),
    jitter=st.sampled_from([0.0, 0.4, 1.0]),
    instances=st.integers(1, 3),
)
def test_every_request_is_answered_or_refused(
    gaps: list[float], workers: int, size: int, limit: int, jitter: float, instances: int
) -> None:
    server = Server(
        workers=workers, batch_size=size, batch_delay_seconds=0.01, batch_seconds=0.05, queue_limit=limit, jitter=jitter
    )
    times = [sum(gaps[:n]) for n in range(len(gaps))]
    found = serve(times, server, instances=instances, seed=1)
    assert found.arrived == len(times) == found.answered + found.refused
    assert all(latency > 0 for latency in found.latencies)


def test_one_seed_is_one_run() -> None:
    server = Server(batch_size=4, request_seconds=0.1, jitter=0.5)
    times = list(poisson(20, Random(1), 2_000))
    first, second = (list(serve(times, server, seed=7).latencies) for _ in range(2))
    assert first == second
    assert list(serve(times, server, seed=8).latencies) != first


def test_a_server_is_found_again_from_its_closed_loops() -> None:
    true = Server(
        workers=2,
        batch_size=16,
        batch_delay_seconds=0.002,
        batch_seconds=0.02,
        request_seconds=0.004,
        overhead_seconds=0.003,
        jitter=0.1,
        queue_limit=200,
    )
    loops = [Loop(callers=n, rate_per_second=closed_loop(true, n, requests=8_000, seed=5)) for n in (1, 4, 8, 15, 64)]
    found = from_loops(true, loops)
    assert found.rate_per_second == pytest.approx(true.rate_per_second, rel=0.03)
    assert found.batch_seconds == pytest.approx(true.batch_seconds, rel=0.15)
    assert found.request_seconds == pytest.approx(true.request_seconds, rel=0.10)


def test_a_rate_alone_gives_a_server_of_that_rate() -> None:
    made = from_rate(Server(workers=2, batch_size=16, request_seconds=1), 300.0)
    assert made.rate_per_second == pytest.approx(300.0)
    assert made.busy_seconds(1) < made.busy_seconds(16) / 3


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"batch_size": 0}, {"queue_limit": 0}, {"request_seconds": 0.0}, {"request_seconds": -1}]
)
def test_a_server_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Server(**{"request_seconds": 1.0, **wrong})  # type: ignore[arg-type]
