"""What a node and the client are told by others: the metadata service, the queue, environments, hostile endpoints."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, Final

from scripts.bench.fuzz_case import Run, Target
from scripts.bench.fuzz_mutators import MARKER, bytewise, jsonwise, linewise, one_of
from serving.client.auth import ApiKey
from serving.client.calls import Call, message, results
from serving.client.retry import Retry, Timeouts
from serving.client.streams import Story
from serving.client.synchronous import Client
from serving.node.documents_queue import Message
from serving.node.metadata import Metadata
from serving.node.settings import NodeSettings

GROUP: Final = "node"
HEADS: Final = ("Retry-After", "Content-Type", "Content-Length", "Location", "Transfer-Encoding", "Content-Encoding")
VALUES: Final = (
    "",
    "0",
    "-1",
    "9" * 400,
    "soon",
    "text/event-stream",
    "gzip",
    "chunked",
    "http://127.0.0.1:1/",
    "\xff",
)
ROWS: Final = (
    {"label": "cat", "score": 0.9, "top": [{"label": "cat", "score": 0.9}]},
    {"embedding": [0.1, 0.2], "tokens": 3, "truncated": False},
    {"label": "good", "score": 0.9, "scores": {"good": 0.9, "bad": 0.1}, "tokens": 3, "truncated": False},
    {"text": "hello", "prompt_tokens": 3, "tokens": 2, "finish": "stop"},
    {"error": {"code": 400, "message": "The text is empty.", "index": 0}},
)
STREAM: Final = (
    b'data: {"schema":"1","model":"m","prompt_tokens":3}\n\ndata: {"text":"a"}\n\ndata: {"text":"b"}\n\n'
    b'data: {"finish":"stop","prompt_tokens":3,"tokens":2}\n\n'
)


def targets() -> Iterator[Target]:
    """All of them."""
    answers = [json.dumps({"schema": "1", "model": "m", "predictions": [row]}).encode() for row in ROWS]
    errors = [
        json.dumps(row).encode()
        for row in (
            {"message": "no"},
            {"message": "is it parcel?"},
            {"predictions": [{"error": {"code": 400, "message": "parcel"}}]},
            ROWS[4],
            {"Message": None},
        )
    ]
    event = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "uploads/a+b.pdf"}}}
    messages = [json.dumps({"Records": [event]}).encode(), b'{"Event": "s3:TestEvent"}']
    yield Target(name="answer", group=GROUP, make=one_of([*answers, *errors], jsonwise), open=_answer)
    yield Target(name="answer-stream", group=GROUP, make=one_of([STREAM], linewise_events), open=_stream)
    yield Target(name="queue-message", group=GROUP, make=one_of(messages, jsonwise), open=_message)
    yield Target(name="node-environment", group=GROUP, make=_variables, open=_environment)
    yield Target(name="metadata", group=GROUP, make=_http(_signals()), open=_metadata)
    yield Target(name="endpoint", group=GROUP, make=_http([*answers, *errors, STREAM]), open=_endpoint)


def linewise_events(random: Random, data: bytes) -> bytes:
    """Server-sent events with their JSON changed."""
    bare = linewise(random, data.replace(b"data: ", b""))
    return b"".join(
        random.choice((b"data:", b"data: ", b"data: ", b"event: ")) + line + b"\n" for line in bare.split(b"\n")
    )


@contextmanager
def _answer(folder: Path) -> Iterator[Run]:
    call = Call(first=0, instances=("a text",))
    yield lambda data: f"{message(400, data)} {results(call, 'http://127.0.0.1/predictions/m', data)}"[:2_000].replace(
        MARKER,
        "",  # what an endpoint answers is no secret of the caller
    )


@contextmanager
def _stream(folder: Path) -> Iterator[Run]:
    def run(data: bytes) -> str:
        story = Story("http://127.0.0.1/predictions/m")
        for line in data.decode("utf-8", "replace").split("\n"):
            story.hear(line)
        return ""

    yield run


@contextmanager
def _message(folder: Path) -> Iterator[Run]:
    def run(data: bytes) -> str:
        one = Message(handle="h", body=data.decode("utf-8", "replace"), receives=1)
        upload = one.upload()
        if upload and not (isinstance(upload.bucket, str) and isinstance(upload.key, str)):
            raise AssertionError("an upload without a name")
        return str(one.is_test)

    yield run


def _variables(random: Random) -> bytes:
    names = ("MODEL", "ARCHIVE", "ARCHIVE_SHA256", "PORT", "WORKERS", "START_SECONDS", "QUEUE_URL", "DOCUMENT_BUCKET")
    values = ("", "a", "../x", "0", "8080", "-1", "1e3", "١٢", "²", "9" * 5_000, "a\nb", "f" * 64, "\x1b", "nan")
    chosen = {f"BREAKEVEN_{name}": random.choice(values) for name in names if random.random() < 0.5}
    return json.dumps({"BREAKEVEN_MODEL": "minilm", **chosen}).encode()


@contextmanager
def _environment(folder: Path) -> Iterator[Run]:
    yield lambda data: str(NodeSettings.read(json.loads(data)))


def _signals() -> list[bytes]:
    return [b"i-0123456789abcdef0", b'{"action":"terminate","time":"2026-01-05T00:00:00Z"}', b"Terminated", b"10.0.0.7"]


def _http(bodies: list[bytes]) -> Any:
    """Answers of a server: status, headers and body, as one JSON document."""
    changed = one_of(bodies, jsonwise)

    def make(random: Random) -> bytes:
        body = changed(random) if random.random() < 0.8 else bytewise(random, random.choice(bodies))
        heads = {random.choice(HEADS): random.choice(VALUES) for _ in range(random.choice((0, 0, 1, 2)))}
        status = random.choice((200, 200, 200, 200, 401, 404, 400, 301, 429, 503, 204, 100, 999, 0))
        answer = {"status": status, "heads": heads, "body": body.decode("latin-1"), "raw": random.random() < 0.1}
        return json.dumps(answer).encode()

    return make


@contextmanager
def _server() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server on this machine that answers as it is told; the body comes with the headers it was asked with."""
    told: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def _say(self) -> None:
            if told["raw"]:
                self.wfile.write(told["body"].encode("latin-1"))
                return
            heads = told["heads"]
            self.wfile.write(f"HTTP/1.1 {told['status']} x\r\n".encode())
            echoed = {"X-Echo": self.headers.get("x-api-key", "")}
            for name, value in {"Connection": "close", **echoed, **heads}.items():
                self.wfile.write(f"{name}: {value}\r\n".encode("latin-1"))
            self.wfile.write(b"\r\n" + told["body"].encode("latin-1"))

        do_GET = do_PUT = _say  # noqa: N815 - names of the library

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._say()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a caller may leave early
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", told
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _metadata(folder: Path) -> Iterator[Run]:
    with _server() as (address, told):

        def run(data: bytes) -> str:
            told.update(json.loads(data))
            asked = Metadata(address)
            said = [asked.spot_notice(), asked.rebalance(), asked.target_state(), asked.instance_id()]
            return repr(said).replace(MARKER, "")

        yield run


@contextmanager
def _endpoint(folder: Path) -> Iterator[Run]:
    """The caller's key is a secret: an endpoint that sends it back must not make the client show it."""
    quick = Timeouts(connect_seconds=1, attempt_seconds=2, total_seconds=4)
    once = Retry(attempts=2, base_seconds=0, most_seconds=0, most_retry_after_seconds=0)
    with (
        _server() as (address, told),
        _without_proxies(),
        Client(address, "m", auth=ApiKey(key=MARKER), timeouts=quick, retry=once) as client,
    ):

        def run(data: bytes) -> str:
            answer: Mapping[str, Any] = json.loads(data)
            told.update({**answer, "body": answer["body"].replace("parcel", MARKER)})
            if "event-stream" in str(answer["heads"]):
                return "".join(str(type(piece)) for piece in client.stream("a prompt"))
            return str(client.predict("a text", failures="return"))

        yield run


@contextmanager
def _without_proxies() -> Iterator[None]:
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.lower().endswith("_proxy")}
    try:
        yield
    finally:
        os.environ.update(kept)
