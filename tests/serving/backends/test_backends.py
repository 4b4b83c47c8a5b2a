"""What every backend does, and what it does when something goes wrong: the same calls, real servers."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from serving.backends import NAMES
from tests.serving.archives import misbehaving
from tests.serving.servers import Running, gone, running


@pytest.fixture(scope="module", params=NAMES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server")
    with running(request.param, misbehaving(folder), folder, workers=2, host="0.0.0.0") as found:  # noqa: S104
        yield found


def workers_of(server: Running) -> list[psutil.Process]:
    """The processes that predict."""
    parent = psutil.Process(server.backend.pid)
    return [c for c in parent.children(recursive=True) if any("worker" in word for word in words_of(c))]


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_answers_a_text_with_its_content_type(server: Running) -> None:
    answer = server.call(b"hello", "Text/Plain; charset=utf-8")
    assert answer.status == 200
    assert answer.body["model"] == "mischief"
    assert answer.body["predictions"][0]["said"] == "hello"
    assert answer.body["predictions"][0]["kind"] == "text/plain"
    assert answer.headers["content-type"] == "application/json"


def test_requests_at_once_are_predicted_together(server: Running) -> None:
    answers = server.calls([b"sleep 0.05"] * 24, at_once=12)
    assert [a.status for a in answers] == [200] * 24
    assert max(a.body["predictions"][0]["together"] for a in answers) > 1


def test_a_poisoned_request_fails_alone(server: Running) -> None:
    answers = server.calls([b"poison" if i == 3 else f"word {i}".encode() for i in range(8)], at_once=8)
    assert [a.status for a in answers] == [500 if i == 3 else 200 for i in range(8)]
    assert answers[3].body["error"]["message"] == "The prediction failed."


def test_the_body_limit_is_an_answer(server: Running) -> None:
    # The head alone: a server that refuses need not read on.
    assert announced(server, 10 * 1024 * 1024 + 1) == 413
    assert server.call(b"hello").status == 200


def test_unknown_models_are_not_found(server: Running) -> None:
    assert server.call(b"hello", path="/predictions/other").status == 404


def test_a_worker_that_dies_loses_its_batch_only(server: Running) -> None:
    answers = server.calls([b"exit", *[f"word {i}".encode() for i in range(11)]], at_once=3)
    lost = [a.status for a in answers if a.status != 200]
    assert 1 <= len(lost) <= 4  # one batch
    server.becomes_healthy()
    wait_for_workers(server)


def test_a_worker_that_hangs_is_replaced(server: Running) -> None:
    before = {w.pid for w in workers_of(server)}
    start = time.monotonic()
    assert server.call(b"sleep 60", seconds=30).status in (500, 503, 504)
    assert time.monotonic() - start < 15
    until(lambda: {w.pid for w in workers_of(server)} != before)
    wait_for_workers(server)
    assert server.call(b"hello").status == 200


def test_a_killed_worker_is_replaced(server: Running) -> None:
    victim = workers_of(server)[0]
    os.kill(victim.pid, signal.SIGKILL)
    assert gone(victim.pid)
    wait_for_workers(server)
    assert [a.status for a in server.calls([b"hello"] * 8, at_once=4)] == [200] * 8


def test_counts_what_was_asked(server: Running) -> None:
    before = server.backend.metrics()
    server.calls([b"sleep 0.02"] * 10, at_once=5)
    after = server.backend.metrics()
    latency = after.latency_ms
    until(lambda: server.backend.metrics().requests >= before.requests + 10)
    assert server.backend.metrics().requests == before.requests + 10
    assert latency is not None
    assert latency >= 15
    assert after.workers == 2


def test_says_what_it_holds_in_memory(server: Running) -> None:
    found = server.backend.memory()
    largest = max(worker.memory_info().rss for worker in workers_of(server)) / 1e6
    assert 5 < found.worker_mb <= largest + 1
    assert found.all_mb > 1.5 * found.worker_mb


def test_a_hundred_requests_in_flight_survive_a_drain(server: Running) -> None:
    answers, threads = server.in_flight([b"sleep 0.02"] * 100)
    assert server.backend.drain(60) == 0
    for thread in threads:
        thread.join(30)
    assert [a.status for a in answers] == [200] * 100


def test_only_the_inference_port_is_open_to_others(server: Running) -> None:
    parent = psutil.Process(server.backend.pid)
    listening = {
        (c.laddr.ip.removeprefix("::ffff:"), c.laddr.port)
        for process in (parent, *parent.children(recursive=True))
        for c in process.net_connections("inet")
        if c.status == psutil.CONN_LISTEN
    }
    elsewhere = {port for ip, port in listening if not ip.startswith("127.") and ip != "::1"}
    assert elsewhere == {server.launch.port}


@pytest.mark.parametrize("name", NAMES)
def test_a_full_queue_refuses_at_once(name: str, tmp_path: Path) -> None:
    archive = misbehaving(tmp_path, queue_size=10, batch_size=1, max_batch_delay_ms=0)
    with running(name, archive, tmp_path, workers=1) as server:
        start = time.monotonic()
        answers = server.calls([b"sleep 0.1"] * 40, at_once=40)
        assert time.monotonic() - start < 10
        statuses = [a.status for a in answers]
        assert statuses.count(200) >= 10
        assert set(statuses) == {200, 503}
        if name == "batcher":  # TorchServe names no time; the stack's entry adds it (docs/serving.md)
            assert {a.headers.get("retry-after") for a in answers if a.status == 503} == {"1"}
        assert server.call(b"hello").status == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_server_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    with running(name, misbehaving(tmp_path), tmp_path, workers=1) as server:
        parent = psutil.Process(server.backend.pid)
        family = [parent, *parent.children(recursive=True)]
        os.kill(parent.pid, signal.SIGKILL)
        server.backend.stop()
        assert not server.backend.alive()
        assert not server.backend.healthy()
        _, left = psutil.wait_procs(family, timeout=60)
        assert left == []


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_is_full_stops_no_prediction(name: str, tmp_path: Path) -> None:
    log = tmp_path / name / "server.log"
    log.parent.mkdir()
    log.symlink_to("/dev/full")  # every write to it ends as on a full disk
    with running(name, misbehaving(tmp_path), tmp_path, workers=1) as server:
        # A failed prediction, and a worker that dies, are what a server writes most about.
        assert [a.status for a in server.calls([b"poison"] * 3, at_once=1)] == [500] * 3
        server.call(b"exit")
        server.becomes_healthy()
        assert [a.status for a in server.calls([b"hello"] * 8, at_once=4)] == [200] * 8


def announced(server: Running, size: int) -> int:
    """The status of a request that says how large its body will be."""
    path = f"/predictions/{server.launch.about()['name']}"
    with socket.create_connection(("127.0.0.1", server.launch.port), timeout=60) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        return int(line.makefile("rb").readline().split()[1])


def wait_for_workers(server: Running) -> None:
    until(lambda: server.backend.metrics().workers == 2)


def until(true: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
