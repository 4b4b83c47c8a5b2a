"""Waiting for a real prediction: signed calls, patience, and an end to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.costs.errors import InputError
from infra.lifecycle import endpoint
from infra.lifecycle.errors import DeploymentError
from tests.serving.client.endpoint import Asked, Endpoint, Told
from tests.serving.client.endpoint import endpoint as local_endpoint


@contextmanager
def model(*statuses: int) -> Iterator[Endpoint]:
    """Answers with the statuses given, the last one for ever."""

    def say(asked: Asked) -> Told:
        status = statuses[min(asked.number, len(statuses)) - 1]
        return Told(status, b'{"tabby": 0.9}' if status == 200 else b"not yet")

    with local_endpoint(say) as server:
        yield server


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def test_it_waits_until_a_prediction_comes_and_signs_each_call() -> None:
    with model(503, 503, 200) as server:
        sign = endpoint.signed_by("iam", "eu-west-1", {})
        answer = endpoint.wait(server.url, sign, b"picture", limit_seconds=5, pause_seconds=0.01)
    assert (answer.status, answer.text) == (200, '{"tabby": 0.9}')
    assert len(server.asked) == 3
    for asked in server.asked:
        assert asked.body == b"picture"
        assert "Credential=AKIDEXAMPLE/" in asked.headers["authorization"]
        assert "/eu-west-1/execute-api/aws4_request" in asked.headers["authorization"]


def test_an_api_key_and_a_token_are_sent_as_the_entry_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "abc")
    with model(200) as server:
        for auth in ("api-key", "jwt"):
            sign = endpoint.signed_by(auth, "us-east-1", {"apiKey": "k" * 20})
            endpoint.wait(server.url, sign, b"x", limit_seconds=1, pause_seconds=0.01)
    assert server.asked[0].headers["x-api-key"] == "k" * 20
    assert server.asked[1].headers["authorization"] == "Bearer abc"


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
    assert len(server.asked) == 1


def test_nobody_at_the_address_is_a_reason_to_wait_too() -> None:
    with pytest.raises(DeploymentError, match="no connection"):
        endpoint.wait("http://127.0.0.1:9/x", lambda u, b: {}, b"x", limit_seconds=0.05, pause_seconds=0.02)


def test_the_sample_is_the_models_own_or_a_picture() -> None:
    assert endpoint.sample("resnet50", "images").startswith((b"\x89PNG", b"\xff\xd8"))
    assert endpoint.sample("no-such-model", "texts").decode()
