"""Generated text piece by piece, through both servers, beside requests that want it whole."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from serving import archive
from serving.backends import NAMES
from serving.client import AsyncClient, Client, EndpointError, Generation, Piece, PredictionError
from serving.client.retry import Retry
from tests.serving.servers import Running, running
from tests.serving.tiny_language import write_folder

PROMPTS = ["the cat sat on", "a dog", "und ein Satz mit", "in the park", "äöü 日本", "mat"]
MOST = 150


@pytest.fixture(scope="module")
def tiny_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    return archive.build(write_folder(folder / "tiny", max_new_tokens=MOST), folder / "tiny.mar").path


@pytest.fixture(scope="module", params=NAMES)
def server(
    request: pytest.FixtureRequest, tiny_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(request.param, tiny_archive, tmp_path_factory.mktemp("tiny"), workers=1, threads=1) as found:
        yield found


def client(server: Running, **more: Any) -> Client:
    return Client(f"http://127.0.0.1:{server.launch.port}", "tiny", **more)


def whole(server: Running, prompt: str) -> Generation:
    with client(server) as asked:
        found = asked.predict(prompt)
    assert isinstance(found, Generation)
    return found


def test_a_stream_is_the_whole_text_as_it_grows(server: Running) -> None:
    expected = whole(server, "the cat")
    with client(server) as asked:
        times = []
        pieces = []
        for one in asked.stream("the cat"):
            times.append(time.monotonic())
            pieces.append(one)
    *parts, last = pieces
    assert all(isinstance(part, Piece) for part in parts)
    assert len(parts) > 20
    assert last == expected
    assert isinstance(last, Generation)
    assert "".join(part.text for part in parts if isinstance(part, Piece)) == last.text
    # Not all at once at the end.
    assert times[1] - times[0] < (times[-1] - times[0]) / 4


def test_streams_and_whole_answers_at_once_do_not_mix(server: Running) -> None:
    expected = {prompt: whole(server, prompt) for prompt in PROMPTS}

    def ask(i: int) -> tuple[str, Any]:
        prompt = PROMPTS[i % len(PROMPTS)]
        with client(server) as asked:
            return prompt, [*asked.stream(prompt)][-1] if i % 2 else asked.predict(prompt)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(30)))
    assert all(got == expected[prompt] for prompt, got in found)


def test_the_asynchronous_client_streams_too_with_its_own_limits(server: Running) -> None:
    async def ask(**limits: float) -> Any:
        async with AsyncClient(f"http://127.0.0.1:{server.launch.port}", "tiny") as asked:
            return [one async for one in asked.stream("a dog", max_new_tokens=5, **limits)][-1]

    surest, sampled = asyncio.run(ask()), asyncio.run(ask(temperature=0.5))
    assert (surest.tokens, surest.finish) == (5, "length")
    # Sampled words may end the answer before the limit does, with the last of the five too.
    assert sampled.tokens == 5 or (sampled.tokens < 5 and sampled.finish == "stop")
    assert sampled.finish in ("length", "stop")


def test_readers_who_hang_up_hurt_nobody(server: Running) -> None:
    expected = {prompt: whole(server, prompt) for prompt in PROMPTS}
    body = json.dumps({"instances": ["the cat"], "stream": True}).encode()
    head = f"POST /predictions/tiny HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"

    def leave() -> None:
        with socket.create_connection(("127.0.0.1", server.launch.port), timeout=60) as line:
            line.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            assert b"200" in line.recv(200)

    def ask(prompt: str) -> Any:
        with client(server) as asked:
            return [*asked.stream(prompt)][-1]

    with ThreadPoolExecutor(8) as pool:
        gone = [pool.submit(leave) for _ in range(6)]
        found = list(pool.map(ask, PROMPTS))
        for one in gone:
            one.result()
    assert found == [expected[prompt] for prompt in PROMPTS]
    with client(server) as asked:
        stream = asked.stream("the cat")
        next(stream)
        stream.close()
        assert asked.predict("mat") == expected["mat"]
    assert server.backend.drain(20) == 0


@pytest.mark.parametrize(
    ("document", "status", "sentence"),
    [
        ({"instances": ["a", "b"], "stream": True}, 400, "A stream answers exactly one instance; the request holds 2."),
        ({"instances": ["a"], "stream": 1}, 400, "stream must be true or false."),
        ({"instances": [" "], "stream": True}, 400, "The text is empty."),
        ({"instances": ["a"], "schema": "0"}, 400, 'The schema "0" is unknown; "1" is understood.'),
        ({"instances": ["mat " * 99], "stream": True}, 413, "The prompt has 101 tokens; 64 is the most."),
    ],
)
def test_a_stream_that_cannot_be_is_refused_whole(document: Any, status: int, sentence: str, server: Running) -> None:
    answer = server.call(json.dumps(document).encode(), "application/json")
    assert (answer.status, answer.body["error"]["message"]) == (status, sentence)


def test_a_refused_prompt_raises_before_any_piece(server: Running) -> None:
    with client(server) as asked, pytest.raises(PredictionError, match="The text is empty"):
        next(asked.stream(" "))


def test_a_worker_that_dies_breaks_its_streams_and_no_later_answer(server: Running) -> None:
    expected = whole(server, "mat")
    parent = psutil.Process(server.backend.pid)
    worker = next(c for c in parent.children(recursive=True) if any("worker" in word for word in c.cmdline()))
    with client(server, retry=Retry(attempts=1)) as asked:
        with pytest.raises(EndpointError):  # noqa: PT012 - it begins well
            for one in asked.stream("the cat"):
                assert isinstance(one, Piece)
                with suppress(psutil.NoSuchProcess):  # pieces on their way come after its end
                    worker.kill()
        server.becomes_healthy()
        assert [asked.predict("mat") for _ in range(3)] == [expected] * 3


def test_the_batcher_makes_no_text_for_a_reader_who_has_left(tmp_path: Path) -> None:
    never = 100_000  # no token of the tiny vocabulary
    model = write_folder(tmp_path / "tiny", max_new_tokens=1500, end=never)
    built = archive.build(model, tmp_path / "tiny.mar").path
    with running("batcher", built, tmp_path, workers=1, threads=1) as server, client(server) as asked:
        start = time.monotonic()
        assert [*asked.stream("the cat")][-1].tokens == 1500  # type: ignore[union-attr]
        needed = time.monotonic() - start
        stream = asked.stream("the cat")
        next(stream)
        start = time.monotonic()
        stream.close()
        assert [*asked.stream("a dog", max_new_tokens=1)]
        assert time.monotonic() - start < needed / 2
