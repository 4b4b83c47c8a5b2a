"""The client against a real server: order, splitting, bounds, failures; both clients alike."""

import ast
import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import serving.client as door
from serving.client import (
    ApiKey,
    AsyncClient,
    Classification,
    Client,
    Embedding,
    EndpointError,
    Generation,
    ItemFailure,
    LabelScore,
    PredictionError,
    Retry,
    Sentiment,
)
from serving.errors import InputError
from tests.serving.client.endpoint import Asked, Told, echo, endpoint, predicted

ROOT = Path(__file__).resolve().parents[3]
TEXTS = [f"text {i}" for i in range(50)]


def texts_of(found: list[Any]) -> list[str]:
    return [one.text for one in found]


def test_results_keep_the_order_of_the_inputs_though_answers_come_in_another() -> None:
    def slower_first(asked: Asked) -> Told:
        told = echo(asked)
        told.seconds = 0.1 if asked.number % 3 == 1 else 0.0
        return told

    with endpoint(slower_first) as server, Client(server.url, "echo", texts_per_request=3) as client:
        assert texts_of(client.predict(TEXTS)) == TEXTS
    assert len(server.asked) == 17
    assert {one.path for one in server.asked} == {"/predictions/echo"}


@pytest.mark.parametrize("bound", [1, 3, 8])
def test_never_more_requests_at_a_time_than_the_bound_over_all_callers(bound: int) -> None:
    def slow(asked: Asked) -> Told:
        told = echo(asked)
        told.seconds = 0.03
        return told

    with endpoint(slow) as server, Client(server.url, "echo", concurrency=bound, texts_per_request=1) as client:
        callers = [threading.Thread(target=client.predict, args=(TEXTS[:12],)) for _ in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert len(server.asked) == 24
    assert server.busiest == bound


def test_texts_share_requests_and_images_are_sent_as_they_are(tmp_path: Path) -> None:
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(b"\xff\xd8 a file")
    note = tmp_path / "note.txt"
    note.write_text("a note")
    with endpoint() as server, Client(server.url, "echo", concurrency=1, texts_per_request=2) as client:
        client.predict(["a", "b", "c", b"\x89PNG", picture, note, "d"])
    assert [(one.headers["content-type"], one.body) for one in server.asked] == [
        ("application/json", b'{"instances": ["a", "b"]}'),
        ("text/plain; charset=utf-8", b"c"),
        ("application/octet-stream", b"\x89PNG"),
        ("application/octet-stream", b"\xff\xd8 a file"),
        ("text/plain; charset=utf-8", b"a note"),
        ("text/plain; charset=utf-8", b"d"),
    ]


def test_long_texts_do_not_share_a_request() -> None:
    with endpoint() as server, Client(server.url, "echo") as client:
        client.predict(["a" * 300_000, "b" * 300_000, "c"])
    assert sorted(len(one.instances) for one in server.asked) == [1, 2]


def test_one_instance_is_one_result_and_none_are_none() -> None:
    with endpoint() as server, Client(server.url, "echo") as client:
        assert client.predict("hello") == Generation(text="hello", prompt_tokens=5, tokens=1, finish="stop")
        assert client.predict([]) == []


ROWS = [
    ({"embedding": [0.5, -1], "tokens": 3, "truncated": True}, Embedding(vector=(0.5, -1), tokens=3, truncated=True)),
    (
        {"label": "tabby", "score": 0.7, "top": [{"label": "tabby", "score": 0.7}]},
        Classification(label="tabby", score=0.7, top=(LabelScore(label="tabby", score=0.7),)),
    ),
    (
        {"label": "positive", "score": 0.9, "scores": {"positive": 0.9}, "tokens": 4, "truncated": False},
        Sentiment(label="positive", score=0.9, scores={"positive": 0.9}, tokens=4, truncated=False),
    ),
]


@pytest.mark.parametrize(("given", "wanted"), ROWS)
def test_each_task_has_its_own_type(given: dict[str, Any], wanted: object) -> None:
    with endpoint(lambda _: Told(200, predicted([given]))) as server, Client(server.url, "m") as client:
        assert client.predict("x") == wanted


def test_a_bad_instance_is_returned_in_its_place_or_raised() -> None:
    given = ["good", "bad", "fine", "bad too", "bad as well"]
    with endpoint() as server, Client(server.url, "echo", texts_per_request=3) as client:
        found = client.predict(given, failures="return")
        with pytest.raises(PredictionError, match=r"^instance 1: The text is bad \(400\); ") as caught:
            client.predict(given[:3])
    assert found[0] == Generation(text="good", prompt_tokens=4, tokens=1, finish="stop")
    assert found[1] == ItemFailure(index=1, code=400, message="The text is bad.")
    # All of a request bad: the answer is the error itself, not a list.
    assert found[3:] == [ItemFailure(index=i, code=400, message="The text is bad.") for i in (3, 4)]
    assert caught.value.failure.index == 1


def test_an_endpoint_that_fails_for_some_instances_does_not_lose_the_others() -> None:
    def half(asked: Asked) -> Told:
        return Told(500, b'{"code": 500, "message": "Worker died."}') if b"3" in asked.body else echo(asked)

    with endpoint(half) as server, Client(server.url, "echo", texts_per_request=1) as client:
        found = client.predict([f"text {i}" for i in range(6)], failures="return")
        with pytest.raises(EndpointError, match="it answers 500: Worker died; ") as caught:
            client.predict("3")
    assert [i for i, one in enumerate(found) if isinstance(one, ItemFailure)] == [3]
    assert found[3] == ItemFailure(index=3, code=500, message="it answers 500: Worker died")
    assert caught.value.status == 500


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(403, b'{"message":"Forbidden"}'), "it answers 403: Forbidden; check the credentials"),
        (
            Told(404, b'{"error":{"code":404,"message":"No such model."}}'),
            "it answers 404: No such model; check the URL",
        ),
        (Told(301, b"", {"Location": "http://127.0.0.1:1/"}), "it answers 301: Moved Permanently; check the URL"),
        (Told(200, b"<html>"), "its answer is not a list of predictions; "),
        (Told(200, b'{"predictions": [{}]}'), "its answer is not a list of predictions; "),
        (Told(200, b"[" * 100_000), "its answer is not a list of predictions; "),
        (Told(200, predicted([{}, {}])), "it answers 2 predictions for 1 instances; "),
    ],
)
def test_a_wrong_endpoint_is_told_in_one_line(told: Told, said: str) -> None:
    with endpoint(lambda _: told) as server, Client(server.url, "m") as client, pytest.raises(EndpointError) as caught:
        client.predict("x")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(server.asked) == 1


def test_a_refused_caller_is_raised_even_where_failures_are_returned() -> None:
    with (
        endpoint(lambda _: Told(401, b"{}")) as server,
        Client(server.url, "m", concurrency=1) as client,
        pytest.raises(EndpointError, match="401"),
    ):
        client.predict([b"x"] * 20, failures="return")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_an_endpoint_that_repeats_the_callers_key_does_not_make_the_client_say_it(status: int) -> None:
    key = "a-key-of-a-usage-plan"

    def repeats(asked: Asked) -> Told:
        said = f"What is {asked.headers['x-api-key']}?"
        rows = [{"error": {"code": 400, "message": said}}]
        return Told(status, predicted(rows) if status == 200 else json.dumps({"message": said}).encode())

    once = Retry(attempts=1)
    with (
        endpoint(repeats) as server,
        Client(server.url, "echo", auth=ApiKey(key=key), retry=once) as client,
        pytest.raises((EndpointError, PredictionError)) as told,
    ):
        client.predict("good")
    assert "What is [secret]?" in str(told.value)
    assert key not in str(told.value)


@pytest.mark.parametrize(
    "row",
    [
        '{"error": {"code": 1e999, "message": "no"}}',
        '{"text": "a", "prompt_tokens": 1e999, "tokens": 1, "finish": "stop"}',
    ],
)
def test_a_count_without_end_is_no_answer(row: str) -> None:
    with (
        endpoint(lambda _: Told(200, f'{{"predictions": [{row}]}}'.encode())) as server,
        Client(server.url, "echo") as client,
        pytest.raises(EndpointError, match="not a list of predictions"),
    ):
        client.predict("good")


def test_both_clients_do_the_same() -> None:
    given = [*TEXTS[:9], "bad"]

    async def ask(url: str) -> Any:
        async with AsyncClient(url, "echo", texts_per_request=2) as client:
            return await client.predict(given, failures="return")

    with endpoint() as server:
        with Client(server.url, "echo", texts_per_request=2) as client:
            first = client.predict(given, failures="return")
        bodies = sorted(one.body for one in server.asked)
        server.asked.clear()
        assert asyncio.run(ask(server.url)) == first
        assert sorted(one.body for one in server.asked) == bodies


def test_the_synchronous_client_works_inside_a_running_loop() -> None:
    async def within(url: str) -> Any:
        with Client(url, "echo") as client:
            return client.predict("hello")

    with endpoint() as server:
        assert asyncio.run(within(server.url)).text == "hello"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([3], "instance 0: a int is no input"),
        (["a", None], "instance 1: a NoneType is no input"),
        (["\ud800"], "instance 0: the text holds a lone surrogate"),
        ([Path("no/such.jpg")], "no/such.jpg: there is no such file"),
        ([Path()], "there is no such file"),
    ],
)
def test_what_is_no_input_is_refused_before_anything_is_sent(given: list[Any], said: str) -> None:
    with endpoint() as server, Client(server.url, "echo") as client, pytest.raises(InputError, match=said):
        client.predict(given)
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "model", "wanted"),
    [
        ("http://127.0.0.1:8080", "resnet50", "http://127.0.0.1:8080/predictions/resnet50"),
        ("http://127.0.0.1:8080/", "resnet50", "http://127.0.0.1:8080/predictions/resnet50"),
        ("https://x.example/prod", "a.b-c", "https://x.example/prod/predictions/a.b-c"),
        ("https://x.example/predictions/resnet50", "", "https://x.example/predictions/resnet50"),
        ("https://x.example/predictions/resnet50/", "resnet50", "https://x.example/predictions/resnet50"),
        ("http://[::1]:8080", "m", "http://[::1]:8080/predictions/m"),
    ],
)
def test_both_forms_of_address_are_taken(url: str, model: str, wanted: str) -> None:
    with Client(url, model) as client:
        assert client.url == wanted


@pytest.mark.parametrize(
    ("url", "model", "said"),
    [
        ("http://127.0.0.1:8080", "", "it names no model"),
        ("https://x/predictions/resnet50", "other", "model other: the endpoint is of resnet50"),
        ("127.0.0.1:8080", "m", "it is no http or https address"),
        ("ftp://x", "m", "it is no http or https address"),
        ("http://x:port", "m", "it is no http or https address"),
        ("http://[::1", "m", "it is no http or https address"),
        ("http://me:secret@x", "m", "url: it holds a user, a query or a fragment"),
        ("http://x?a=b", "m", "url: it holds a user, a query or a fragment"),
        ("http://x", "../m", "it is no model's name"),
        ("http://x", "a\r\nb", "it is no model's name"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, model: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Client(url, model)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_one_door_lists_what_is_public() -> None:
    tree = ast.parse((ROOT / "serving/client/__init__.py").read_text())
    imported = {one.name for node in tree.body if isinstance(node, ast.ImportFrom) for one in node.names}
    assert imported == set(door.__all__)
    assert len(door.__all__) == len(imported)
    own = [n for n in vars(door) if not n.startswith("_") and not isinstance(vars(door)[n], type(ast))]
    assert set(own) == imported


def test_importing_the_client_is_light() -> None:
    check = (
        "import sys, serving.client; print([m for m in ('httpx2', 'botocore', 'boto3', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
