"""What callers send is written down nowhere: not in a log, a file or a metric, whatever becomes of the request."""

import json
import socket
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.backends import NAMES
from tests.serving.archives import MISCHIEF, misbehaving
from tests.serving.servers import Running, running

MARK = "Zaphod-4711-geheim"
NUMBER = 271_828_182
# The error that the handler raises repeats what it was given, as those of many libraries do.
RAISES = MISCHIEF.replace(
    'if "poison" in words:', 'for word in words:\n            if word.startswith("raise "): raise ValueError(word)\n'
    '        if "poison" in words:'
)  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bodies")
    plain, telling = misbehaving(folder), folder / "telling.mar"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(telling, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, RAISES.encode() if name.endswith("handlers/mischief.py") else data)
    return telling


@pytest.fixture(scope="module", params=NAMES)
def asked(
    request: pytest.FixtureRequest, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, dict[str, int]]]:
    """A server that was asked all sorts of things, each with the mark in its body, and the status of each."""
    with running(request.param, archive, tmp_path_factory.mktemp("asked"), workers=1) as server:
        statuses = {name: server.call(body, kind).status for name, (body, kind) in BODIES.items()}
        statuses["other path"] = server.call(MARK.encode(), path="/predictions/other").status
        broken(server.launch.port)
        for name, word in (("crash", "exit"), ("hang", f"sleep 9 {MARK}")):
            # The mark travels with what crashes the worker: in the same batch, or in the same body.
            answers, threads = server.in_flight([word.encode(), f"{MARK} beside".encode()])
            for thread in threads:
                thread.join()
            statuses[name] = max(answer.status for answer in answers)
            server.becomes_healthy()
        yield server, statuses


BODIES = {
    "good": (f"all is well, {MARK}".encode(), "text/plain"),
    "bytes": (b"\x00\x01" + MARK.encode() + b"\x02", "application/octet-stream"),
    "not UTF-8": (b"\xff\xfe " + MARK.encode(), "text/plain"),
    "raised": (f"raise {MARK}".encode(), "text/plain"),
    "form": (f"data={MARK}&other={MARK}".encode(), "application/x-www-form-urlencoded"),
    "parts": (
        f'--b\r\nContent-Disposition: form-data; name="{MARK}"\r\n\r\n{MARK}\r\n--b--\r\n'.encode(),
        "multipart/form-data; boundary=b",
    ),
    "broken parts": (f"--b\r\n{MARK}".encode(), "multipart/form-data; boundary=b"),
    "JSON": (json.dumps({"instances": [MARK, NUMBER]}).encode(), "application/json"),
    "broken JSON": (f'{{"instances": ["{MARK}'.encode(), "application/json"),
    "no type": (MARK.encode(), ""),
    "too large": (MARK.encode() * 700_000, "text/plain"),
}


def broken(port: int) -> None:
    """Requests that are none: a wrong length, a chunk that is none, half a body."""
    for head, body in (
        ("Content-Length: many", MARK),
        ("Transfer-Encoding: chunked", f"{MARK}\r\n{MARK}"),
        (f"Content-Length: {10 * len(MARK)}", MARK),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            line = f"POST /predictions/mischief HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}"
            connection.sendall(line.encode())


def test_each_request_came_to_what_it_was_meant_to(asked: tuple[Running, dict[str, int]]) -> None:
    _, statuses = asked
    assert statuses["good"] == statuses["bytes"] == 200
    assert statuses["raised"] == 500
    assert statuses["other path"] == 404
    assert statuses["crash"] >= 500
    assert statuses["hang"] >= 500


def test_no_file_of_the_server_holds_a_body(asked: tuple[Running, dict[str, int]]) -> None:
    server, _ = asked
    files = [path for path in server.launch.work.rglob("*") if path.is_file()]
    assert (server.launch.work / "server.log").stat().st_size
    assert [path.name for path in files if MARK.encode() in path.read_bytes()] == []


def test_a_failure_is_logged_with_its_place_and_without_its_words(asked: tuple[Running, dict[str, int]]) -> None:
    server, _ = asked
    log = (server.launch.work / "server.log").read_text(errors="replace")
    assert "prediction failed: ValueError" in log
    assert "in predict" in log


def test_no_metric_holds_a_body(asked: tuple[Running, dict[str, int]]) -> None:
    server, _ = asked
    assert server.backend.metrics().requests > len(BODIES) / 2
    assert MARK not in repr(server.backend.metrics())
    if server.launch.port and type(server.backend).__name__ == "TorchServe":
        with urllib.request.urlopen(f"http://127.0.0.1:{server.launch.port + 2}/metrics", timeout=60) as answer:
            series = answer.read().decode()
        assert "ts_inference_requests_total" in series
        assert MARK not in series
