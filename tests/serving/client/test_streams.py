"""Streams as the client reads them: pieces, the end, and every way in which they can go wrong."""

import asyncio
import json
from typing import Any

import pytest

from serving.client import (
    AsyncClient,
    Client,
    EndpointError,
    Generation,
    Piece,
    PredictionError,
    Retry,
    Timeouts,
)
from tests.serving.client.endpoint import Asked, Told, endpoint, scripted

FIRST = {"schema": "1", "model": "echo", "version": "1.0", "prompt_tokens": 2}
LAST = {"prompt_tokens": 2, "tokens": 3, "finish": "stop"}
EVENTS = {"Content-Type": "text/event-stream"}


def events(*values: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)


def told(*values: Any) -> Told:
    return Told(200, events(*values), EVENTS)


GOOD = told(FIRST, {"text": "Once "}, {"text": "upon 日本"}, LAST)
WHOLE = Generation(text="Once upon 日本", prompt_tokens=2, tokens=3, finish="stop")


def test_pieces_come_first_and_the_whole_last() -> None:
    with endpoint(lambda _: GOOD) as server, Client(server.url, "echo") as client:
        found = list(client.stream("a tale", max_new_tokens=3))
        list(client.stream("a tale"))
    assert found == [Piece(text="Once "), Piece(text="upon 日本"), WHOLE]
    asked = [json.loads(one.body) for one in server.asked]
    assert asked[0]["instances"] == [{"prompt": "a tale", "max_new_tokens": 3}]
    assert asked[1] == {"schema": "1", "instances": ["a tale"], "stream": True}


def test_both_clients_stream_the_same() -> None:
    async def ask(url: str) -> list[Piece | Generation]:
        async with AsyncClient(url, "echo") as client:
            return [one async for one in client.stream("a tale")]

    with endpoint(lambda _: GOOD) as server, Client(server.url, "echo") as client:
        assert asyncio.run(ask(server.url)) == list(client.stream("a tale"))


def test_an_answer_that_drips_is_put_together() -> None:
    with (
        endpoint(lambda _: Told(200, events(FIRST, {"text": "日"}, LAST), EVENTS, drip=True)) as server,
        Client(server.url, "echo") as client,
    ):
        assert next(client.stream("x")) == Piece(text="日")


def test_a_busy_server_is_asked_again_before_the_first_piece() -> None:
    with (
        endpoint(scripted(Told(503, b"{}"), Told(hang_up=True), GOOD)) as server,
        Client(server.url, "echo", retry=Retry(base_seconds=0.01)) as client,
    ):
        assert list(client.stream("x"))[-1] == WHOLE
    assert len(server.asked) == 3


def test_a_refused_prompt_is_raised() -> None:
    refusal = b'{"error": {"code": 413, "message": "The prompt is too long.", "index": 0}}'
    with (
        endpoint(lambda _: Told(413, refusal)) as server,
        Client(server.url, "echo") as client,
        pytest.raises(PredictionError, match=r"The prompt is too long \(413\)"),
    ):
        list(client.stream("x"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (told(FIRST, {"text": "a"}), "its stream broke off"),
        (
            told(FIRST, {"text": "a"}, {"error": {"code": 500, "message": "The worker died.", "index": 0}}),
            "worker died",
        ),
        (told(FIRST, ["text"]), "its stream is not one of generated text"),
        (told(FIRST, {"finish": "stop"}), "its stream is not one of generated text"),
        (Told(200, b"data: {\n\n", EVENTS), "its stream is not one of generated text"),
        (Told(200, b'{"predictions": []}'), "it does not stream"),
    ],
)
def test_a_stream_that_goes_wrong_is_one_line_and_is_not_tried_again(answer: Told, said: str) -> None:
    with endpoint(lambda _: answer) as server, Client(server.url, "echo") as client:
        with pytest.raises(EndpointError) as caught:
            list(client.stream("x"))
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(server.asked) == 1


def test_silence_between_pieces_is_not_waited_out() -> None:
    slow = Told(200, events(FIRST, {"text": "x" * 200}, LAST), EVENTS, drip=True)
    with (
        endpoint(lambda _: slow) as server,
        Client(server.url, "echo", timeouts=Timeouts(total_seconds=0.5)) as client,
        pytest.raises(EndpointError, match="no answer within"),
    ):
        list(client.stream("x"))


def test_a_reader_who_leaves_frees_its_place() -> None:
    with endpoint(lambda _: GOOD) as server, Client(server.url, "echo", concurrency=1) as client:
        for _ in range(3):
            stream = client.stream("x")
            next(stream)
            stream.close()
        assert list(client.stream("x"))[-1] == WHOLE


def test_another_schema_is_not_guessed_at() -> None:
    def later(asked: Asked) -> Told:
        return Told(200, json.dumps({"schema": "2", "predictions": [{"text": "a"}]}).encode())

    with (
        endpoint(later) as server,
        Client(server.url, "echo") as client,
        pytest.raises(EndpointError, match="it answers in schema 2, and this client reads 1"),
    ):
        client.predict("x")
