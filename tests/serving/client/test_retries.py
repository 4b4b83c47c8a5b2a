"""When a call is made again, when it is not, and that it ends."""

import socket
import time
from email.utils import formatdate

import pytest

from serving.client import Client, EndpointError, EndpointTimeoutError, ItemFailure, Retry, Timeouts
from tests.serving.client.endpoint import Told, endpoint, scripted

QUICK = Retry(attempts=4, base_seconds=0.01)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    with endpoint(scripted(Told(status), Told(status))) as server, Client(server.url, "m", retry=QUICK) as client:
        assert client.predict("x").text == "x"  # type: ignore[union-attr]
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 451, 500, 501])
def test_other_statuses_are_final(status: int) -> None:
    with (
        endpoint(lambda _: Told(status)) as server,
        Client(server.url, "m", retry=QUICK) as client,
        pytest.raises(Exception, match=str(status)),
    ):
        client.predict("x")
    assert len(server.asked) == 1


def test_it_gives_up_after_the_attempts_it_has() -> None:
    with (
        endpoint(lambda _: Told(503, b'{"message": "Queue full."}')) as server,
        Client(server.url, "m", retry=QUICK) as client,
        pytest.raises(EndpointError, match="503: Queue full"),
    ):
        client.predict("x")
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_out(status: int) -> None:
    with (
        endpoint(scripted(Told(status, headers={"Retry-After": "1"}))) as server,
        Client(server.url, "m", retry=QUICK) as client,
    ):
        client.predict("x")
    first, second = server.asked
    assert 1.0 <= second.at - first.at < 2.5


def test_retry_after_may_be_a_date() -> None:
    told = Told(503, headers={"Retry-After": formatdate(time.time() + 2.5, usegmt=True)})  # whole seconds: 1.5 at least
    with endpoint(scripted(told)) as server, Client(server.url, "m", retry=QUICK) as client:
        client.predict("x")
    first, second = server.asked
    assert 1.0 <= second.at - first.at < 4


@pytest.mark.parametrize("after", ["3600", "soon", "-5", "9" * 400, ""])
def test_retry_after_has_a_cap_and_nonsense_is_none(after: str) -> None:
    retry = Retry(attempts=2, base_seconds=0.01, most_retry_after_seconds=0.2)
    with (
        endpoint(scripted(Told(503, headers={"Retry-After": after}))) as server,
        Client(server.url, "m", retry=retry) as client,
    ):
        client.predict("x")
    first, second = server.asked
    assert second.at - first.at < 1.5


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    began = time.monotonic()
    with (
        endpoint(lambda _: Told(503, headers={"Retry-After": "20"})) as server,
        Client(server.url, "m", timeouts=Timeouts(total_seconds=3)) as client,
        pytest.raises(EndpointError, match="503"),
    ):
        client.predict("x")
    assert time.monotonic() - began < 2.5
    assert len(server.asked) == 1


def test_a_slow_answer_ends_at_the_limit_and_is_not_asked_for_again() -> None:
    began = time.monotonic()
    with (
        endpoint(lambda _: Told(seconds=2)) as server,
        Client(server.url, "m", timeouts=Timeouts(attempt_seconds=0.3), retry=QUICK) as client,
    ):
        with pytest.raises(EndpointTimeoutError, match=r"no answer within 0\.3 seconds"):
            client.predict("x")
        assert time.monotonic() - began < 1.5
    assert len(server.asked) == 1


def test_an_answer_that_drips_ends_at_the_limit_too() -> None:
    began = time.monotonic()
    with (
        endpoint(lambda _: Told(200, b"x" * 1000, drip=True)) as server,
        Client(server.url, "m", timeouts=Timeouts(total_seconds=0.4)) as client,
    ):
        with pytest.raises(EndpointTimeoutError):
            client.predict("x")
        assert time.monotonic() - began < 2


def test_a_timeout_is_a_failure_of_its_instance_where_failures_are_returned() -> None:
    with (
        endpoint(lambda a: Told(seconds=1) if a.body == b"slow" else scripted()(a)) as server,
        Client(server.url, "m", timeouts=Timeouts(attempt_seconds=0.3), texts_per_request=1) as client,
    ):
        found = client.predict(["quick", "slow"], failures="return")
    assert isinstance(found[1], ItemFailure)
    assert (found[1].index, found[1].code) == (1, 0)
    assert not isinstance(found[0], ItemFailure)


def test_a_broken_connection_is_tried_again() -> None:
    with endpoint(scripted(Told(hang_up=True))) as server, Client(server.url, "m", retry=QUICK) as client:
        assert client.predict("x").text == "x"  # type: ignore[union-attr]
    assert len(server.asked) == 2


def test_nobody_at_the_address_is_tried_again_and_then_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Client(f"http://127.0.0.1:{port}", "m", retry=QUICK) as client,
        pytest.raises(EndpointError, match="no connection") as caught,
    ):
        client.predict(["x"] * 30, failures="return")
    assert caught.value.status == 0


def test_a_connection_that_is_not_accepted_ends_at_its_own_limit() -> None:
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        holders = [socket.socket() for _ in range(4)]
        for one in holders:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        time.sleep(0.1)
        timeouts = Timeouts(connect_seconds=0.3)
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with (
            Client(url, "m", timeouts=timeouts, retry=Retry(attempts=1)) as client,
            pytest.raises(EndpointError, match=r"no connection within 0\.3 seconds"),
        ):
            client.predict("x")
        for one in holders:
            one.close()
    assert time.monotonic() - began < 3


def test_backoff_doubles_to_its_cap_and_is_spread_over_all_of_it() -> None:
    retry = Retry(base_seconds=1, most_seconds=5)
    for attempt, most in ((1, 1), (2, 2), (3, 4), (4, 5), (40, 5)):
        waits = [retry.wait_seconds(attempt) for _ in range(400)]
        assert 0 <= min(waits) < 0.1 * most
        assert 0.9 * most < max(waits) <= most
