"""Waiting for a real prediction: signed calls, patience, and an end to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.costs.errors import InputError
from infra.lifecycle import endpoint
from infra.lifecycle.errors import DeploymentError


class Model(HTTPServer):
    """Answers with the statuses given, the last one for ever; keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = list(statuses)
        self.calls: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/predictions/resnet50"


class Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
        status = self.server.statuses.pop(0) if len(self.server.statuses) > 1 else self.server.statuses[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"tabby": 0.9}' if status == 200 else b"not yet")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def model(*statuses: int) -> Iterator[Model]:
    server = Model(*statuses)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def test_it_waits_until_a_prediction_comes_and_signs_each_call() -> None:
    with model(503, 503, 200) as server:
        sign = endpoint.signed_by("iam", "eu-west-1", {})
        answer = endpoint.wait(server.url, sign, b"picture", limit_seconds=5, pause_seconds=0.01)
    assert (answer.status, answer.text) == (200, '{"tabby": 0.9}')
    assert len(server.calls) == 3
    for headers, body in server.calls:
        assert body == b"picture"
        assert "Credential=AKIDEXAMPLE/" in headers["authorization"]
        assert "/eu-west-1/execute-api/aws4_request" in headers["authorization"]


def test_an_api_key_and_a_token_are_sent_as_the_entry_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "abc")
    with model(200) as server:
        for auth in ("api-key", "jwt"):
            sign = endpoint.signed_by(auth, "us-east-1", {"apiKey": "k" * 20})
            endpoint.wait(server.url, sign, b"x", limit_seconds=1, pause_seconds=0.01)
    assert server.calls[0][0]["x-api-key"] == "k" * 20
    assert server.calls[1][0]["authorization"] == "Bearer abc"


def test_no_token_is_told_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    with pytest.raises(InputError, match="TOKEN: not set"):
        endpoint.signed_by("jwt", "us-east-1", {})


def test_when_the_time_is_up_it_says_what_came_last() -> None:
    with model(503) as server, pytest.raises(DeploymentError, match=r"no prediction within .* \(last: 503 not yet\)"):
        endpoint.wait(server.url, lambda u, b: {}, b"x", limit_seconds=0.05, pause_seconds=0.02)


def test_a_refused_call_is_not_tried_again() -> None:
    with model(403) as server, pytest.raises(DeploymentError, match="it refuses the call"):
        endpoint.wait(server.url, lambda u, b: {}, b"x", limit_seconds=5, pause_seconds=0.01)
    assert len(server.calls) == 1


def test_nobody_at_the_address_is_a_reason_to_wait_too() -> None:
    with pytest.raises(DeploymentError, match="no connection"):
        endpoint.wait("http://127.0.0.1:9/x", lambda u, b: {}, b"x", limit_seconds=0.05, pause_seconds=0.02)


def test_the_sample_is_the_models_own_or_a_picture() -> None:
    assert endpoint.sample("resnet50", "images").startswith((b"\x89PNG", b"\xff\xd8"))
    assert endpoint.sample("no-such-model", "texts").decode()
