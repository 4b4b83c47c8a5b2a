"""Load tests against real servers: what is counted, how latency is measured, what rate holds a goal."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from serving.client import EndpointError
from serving.errors import InputError
from serving.load import Target, closed_loop, open_loop, record, replay, sustainable
from tests.serving.client.endpoint import Asked, Told, endpoint

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def target(url: str, body: bytes = b"picture") -> Target:
    return Target.of(url, "m", body)


@contextmanager
def answering(answer: bytes, *, hang_up: bool = False) -> Iterator[tuple[str, list[float]]]:
    """A raw server: exactly these bytes to every request, in two pieces; then, if told, the connection's end."""
    begun: list[float] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"picture"):
                begun.append(time.monotonic())
                for part in (answer[:30], answer[30:]):
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0.002)
                if hang_up:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    with running(serve) as url:
        yield url, begun


@contextmanager
def running(serve: Any) -> Iterator[str]:
    """A server of streams on a loop of its own."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.01)


@contextmanager
def worker(work_seconds: float, stall: tuple[float, float] = (0.0, 0.0)) -> Iterator[str]:
    """One worker that takes `work_seconds` for each request; it stands still from `stall[0]` for `stall[1]` seconds."""
    lock = asyncio.Lock()
    first: list[float] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"picture"):
                async with lock:
                    now = time.monotonic()
                    first.append(now)
                    into = now - first[0] - stall[0]
                    rest = stall[1] - into if 0 <= into < stall[1] else 0.0
                    await asyncio.sleep(work_seconds + rest)
                writer.write(WHOLE)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    with running(serve) as url:
        yield url


def test_a_closed_loop_keeps_its_callers_busy_and_counts_everything() -> None:
    with endpoint(lambda _: Told(seconds=0.05)) as server:
        run = closed_loop(target(server.url), concurrency=4, seconds=1)
    assert server.busiest == 4
    assert run.answered == len(server.asked)
    assert 40 < run.answered <= 84
    assert run.rate_per_second == pytest.approx(run.answered / run.seconds)
    assert run.latency is not None
    assert 50 <= run.latency.p50_ms <= run.latency.p90_ms <= run.latency.p99_ms <= run.latency.max_ms < 500
    assert run.bytes_sent == run.answered * len(target(server.url).request)
    assert {(one.path, one.body) for one in server.asked} == {("/predictions/m", b"picture")}
    assert not run.errors


def test_an_open_loop_asks_at_its_rate_whatever_the_server_does() -> None:
    with endpoint(lambda _: Told(seconds=0.1)) as server:
        run = open_loop(target(server.url), rate=50, seconds=1)
    assert run.answered == len(server.asked) == 50
    assert run.rate_per_second == pytest.approx(50, rel=0.2)
    assert server.busiest >= 4  # 50/s for 0.1 s each: about five at a time, though none was asked to wait
    gaps = server.asked[-1].at - server.asked[0].at
    assert gaps == pytest.approx(49 / 50, abs=0.25)


def test_a_stall_of_200_ms_is_seen_by_the_open_loop_and_hidden_by_the_closed_one() -> None:
    """At 100/s a stall delays the 20 requests that are due in it: 5 % of 400, evenly between 0 and 200 ms."""
    with worker(0.001, stall=(1.0, 0.2)) as url:
        opened = open_loop(target(url), rate=100, seconds=4)
    with worker(0.001, stall=(1.0, 0.2)) as url:
        closed = closed_loop(target(url), concurrency=1, seconds=4)
    assert opened.latency is not None
    assert closed.latency is not None
    assert opened.answered == 400
    assert opened.latency.max_ms > 180
    # The worst 1 % are 4 of those 20: all above 150 ms.
    assert opened.latency.p99_ms > 140
    # The closed loop waits, too: one of its hundreds of answers was late.
    assert closed.latency.max_ms > 180
    assert closed.latency.p99_ms < 100
    assert closed.answered > 200


def test_a_replay_asks_at_the_moments_it_was_given() -> None:
    times = [0.0, 0.05, 0.05, 0.3]
    with answering(WHOLE) as (url, begun):
        run = replay(target(url), times)
    assert (run.answered, run.asked_per_second) == (4, None)
    assert [moment - begun[0] for moment in begun] == [pytest.approx(due, abs=0.03) for due in times]


def test_a_record_says_when_requests_left_and_counts_from_there() -> None:
    # The second is due long before the only connection is free again.
    with answering(WHOLE) as (url, _):
        late = replay(target(url), [0.0, 0.0, 0.0, 0.0], connections=1)
        run, sent = record(target(url), [0.0, 0.0, 0.0, 0.0], connections=1)
    assert run.answered == len(sent) == 4
    assert list(sent) == sorted(sent)
    assert sent[3] > 3 * 0.002
    assert late.latency is not None
    assert run.latency is not None
    assert run.latency.max_ms < late.latency.max_ms


@pytest.mark.parametrize("times", [[], [-1.0], [1.0, 0.5]])
def test_moments_that_cannot_be_replayed_are_refused(times: list[float]) -> None:
    with pytest.raises(InputError, match="times"):
        replay(target("http://127.0.0.1:1"), times)


def test_what_waits_for_a_connection_counts_from_when_it_was_due() -> None:
    with worker(0.02) as url:  # 50/s at the most
        run = open_loop(target(url), rate=100, seconds=1, connections=1)
    assert run.answered == 100
    assert run.latency is not None
    assert run.latency.max_ms > 900  # the last waited for the hundred before it: two seconds of work in one
    assert run.seconds > 1.9


@pytest.mark.parametrize(
    ("answer", "hang_up"),
    [
        (WHOLE, False),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
            False,
        ),
        (b"HTTP/1.1 204 No Content\r\ncontent-length:0\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", True),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end", True),
    ],
    ids=["length", "chunks", "empty", "close", "until-close"],
)
def test_answers_of_every_framing_are_read_whole(answer: bytes, hang_up: bool) -> None:
    with answering(answer, hang_up=hang_up) as (url, begun):
        closed = closed_loop(target(url), concurrency=2, seconds=0.3)
        opened = open_loop(target(url), rate=50, seconds=0.3)
    assert not closed.errors
    assert not opened.errors
    assert closed.answered + opened.answered == len(begun)
    assert opened.answered == 15
    assert opened.bytes_received == 15 * len(answer)


@pytest.mark.parametrize("answer", [b"nonsense without any end of a head, long enough for two\r\n\r\n", b""])
def test_what_is_no_answer_is_a_broken_connection(answer: bytes) -> None:
    with answering(answer, hang_up=True) as (url, _):
        run = open_loop(target(url), rate=20, seconds=0.5)
    assert run.errors == {"broken": 10}
    assert run.latency is None


def test_errors_are_counted_by_status_and_stay_out_of_the_percentiles() -> None:
    def every_fourth(asked: Asked) -> Told:
        return Told(503, seconds=2) if asked.number % 4 == 0 else Told()

    with endpoint(every_fourth) as server:
        run = open_loop(target(server.url), rate=40, seconds=1)
    assert run.errors == {"503": 10}
    assert run.answered == 30
    assert run.latency is not None
    assert run.latency.max_ms < 1_900


def test_an_answer_that_does_not_come_is_a_timeout_and_the_run_ends() -> None:
    began = time.monotonic()
    with endpoint(lambda a: Told(seconds=2 if a.number == 3 else 0)) as server:
        run = open_loop(target(server.url), rate=20, seconds=0.5, timeout_seconds=0.4)
        assert time.monotonic() - began < 1.9
    assert run.errors == {"timeout": 1}
    assert run.answered == 9


def test_a_server_that_goes_away_ends_the_run_with_what_was_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def few() -> None:
            caller, _ = listener.accept()
            with caller:
                for _ in range(3):
                    caller.recv(65536)
                    caller.sendall(WHOLE)
                caller.recv(65536)
                listener.close()

        server = threading.Thread(target=few)
        server.start()
        run = open_loop(
            target(f"http://127.0.0.1:{listener.getsockname()[1]}"), rate=20, seconds=0.6, timeout_seconds=0.3
        )
        server.join()
    assert run.answered == 3
    assert run.errors["broken"] == 1
    assert run.errors["timeout"] == 8  # due, and never sent
    assert run.errors["refused"] > 0


def test_nobody_at_the_address_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for attempt in (lambda: closed_loop(target(url)), lambda: open_loop(target(url), rate=1)):
        with pytest.raises(EndpointError, match=r"no connection \(.+\); check the address") as caught:
            attempt()
        assert caught.value.exit_code == 7


@pytest.mark.parametrize("host", ["models.example", "10.0.0.1", "127.0.0.1.models.example", "localhost.example"])
def test_only_this_machine_is_loaded_unless_the_caller_says_otherwise(host: str) -> None:
    with pytest.raises(InputError, match="add --i-own-this-endpoint"):
        Target.of(f"http://{host}", "m", b"")
    assert Target.of(f"http://{host}", "m", b"", owned=True).address == (host, 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "[::1]"])
def test_this_machine_has_several_names(host: str) -> None:
    assert Target.of(f"http://{host}:8080", "m", b"").address[1] == 8080


@pytest.mark.parametrize(
    "wrong", [{"rate": 0}, {"rate": float("nan")}, {"rate": 1, "seconds": 0}, {"rate": 1, "connections": 0}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="is out of range"):
        open_loop(target("http://127.0.0.1:1"), **wrong)


def test_the_rate_that_holds_a_goal_is_found_below_what_the_server_can_do() -> None:
    """One worker of 10 ms does fewer than 100/s; held at a constant rate below that, nobody waits long."""
    told: list[str] = []
    with worker(0.01) as url:
        found = sustainable(target(url), 100, run_seconds=0.8, confirm_seconds=1.5, tolerance=0.1, say=told.append)
    top = found.ceiling.rate_per_second
    assert 40 < top < 101
    assert 0.3 * top < found.rate_per_second <= 1.1 * top
    assert found.confirmation is not None
    assert found.confirmation is found.probes[-1]
    assert found.confirmation.latency is not None
    assert found.confirmation.latency.p99_ms <= 100
    assert not found.confirmation.stopped
    assert len(told) == len(found.probes) + 1
    with pytest.raises(FrozenInstanceError):
        found.goal_ms = 1  # type: ignore[misc]


def test_a_goal_below_a_single_answer_is_held_by_no_rate() -> None:
    with worker(0.02) as url:
        found = sustainable(target(url), 5, run_seconds=0.3, tolerance=0.2)
    assert found.rate_per_second == 0
    assert found.confirmation is None
    assert all(run.stopped or run.latency is None or run.latency.p99_ms > 5 for run in found.probes)


def test_a_hopeless_rate_ends_early() -> None:
    with worker(0.02) as url:
        run = open_loop(target(url), rate=500, seconds=5, goal_ms=50)
    assert run.stopped
    assert run.seconds < 4
    assert run.answered < 500


def test_a_server_that_only_refuses_has_no_sustainable_rate() -> None:
    with (
        endpoint(lambda _: Told(503)) as server,
        pytest.raises(EndpointError, match=r"it answers no request \(\d+ x 503\)"),
    ):
        sustainable(target(server.url), 100, run_seconds=0.2)
