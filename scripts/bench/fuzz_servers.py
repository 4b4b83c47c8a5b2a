"""What handlers and both servers are sent: HTTP that is none, bodies of the wrong kind, slow and cut off requests.

The servers are real ones, of real archives, on 127.0.0.1. After every case a good request must be answered with 200.
"""

import base64
import json
import random as randoms
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from scripts.bench.fuzz_case import Run, Target, Wrong
from scripts.bench.fuzz_mutators import bytewise, jsonwise, one_of
from scripts.bench.fuzz_samples import pictures
from serving import archive
from serving.backends import NAMES, Launch, make
from serving.backends.types import MOST_BODY_BYTES
from serving.handlers import image_classification, requests, tokens
from serving.handlers.types import Item, Loading, media_type
from serving.model import find

START_SECONDS: Final = 180.0
ANSWER_SECONDS: Final = 8.0
SILENCE_SECONDS: Final = 0.5  # a server may wait for the rest of what is no whole request
# TorchServe's own front answers so before any handler sees the request: a broken form with 500, and a body above the
# limit with 413 and nothing else.
OWN: Final = (b"ErrorDataDecoderException",)
TOO_LARGE: Final = 413
KINDS: Final = (
    "application/json", "text/plain", "image/png", "application/octet-stream", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "", "a" * 300, "text/plain; charset=utf-16", "APPLICATION/JSON", "\x80", "*/*",
)  # fmt: skip
HEADS: Final = (
    "Content-Length: -1", "Content-Length: 5", "Content-Length: 99999999999999999999", "Content-Length: x",
    "Transfer-Encoding: chunked", "Transfer-Encoding: x", "Expect: 100-continue",
    "Connection: Upgrade\r\nUpgrade: h2c",
    "Connection: close", "Host:", "X: " + "y" * 20_000, ": no name", "no colon", "X\x00: y", "Content-Encoding: gzip",
)  # fmt: skip
LINES: Final = (
    "POST / HTTP/1.1", "GET {path} HTTP/1.1", "PUT {path} HTTP/1.1", "POST {path} HTTP/9.9", "POST {path}",
    "\x16\x03\x01",
    "POST {path}/../x HTTP/1.1", "POST /%00%ff HTTP/1.1", "POST " + "/a" * 20_000 + " HTTP/1.1", "OPTIONS * HTTP/1.1",
    "",
    "GET /status HTTP/1.1", "GET /ping HTTP/1.1", "POST {path}?x=%00 HTTP/1.1", "HEAD {path} HTTP/1.1",
)  # fmt: skip


def targets() -> Iterator[Target]:
    """The handlers in process, then each server with a model of images and one of texts."""
    yield Target(name="handler-image", group="handlers", make=_items(_image_bodies()), open=_handler(_image))
    yield Target(name="handler-text", group="handlers", make=_items(_text_bodies()), open=_handler(_text))
    for backend in NAMES:
        for model, bodies in (("efficientnet_lite0", _image_bodies()), ("sentiment", _text_bodies())):
            name = f"{backend}-{'image' if 'net' in model else 'text'}"
            yield Target(name=name, group="servers", make=_sent(bodies), open=_server(backend, model), seconds=60)


def _image_bodies() -> list[tuple[str, bytes]]:
    coded = base64.b64encode(pictures()[0]).decode()
    return [("image/png", data) for data in pictures()] + [
        ("application/json", json.dumps({"instances": [{"b64": coded}, {"b64": "é"}]}).encode())
    ]


def _text_bodies() -> list[tuple[str, bytes]]:
    several = {"schema": "1", "instances": ["a good day", "a bad day"], "stream": False}
    return [("text/plain", b"a good day"), ("application/json", json.dumps(several).encode())]


def _items(bodies: Sequence[tuple[str, bytes]]) -> Callable[[Random], bytes]:
    def made(random: Random) -> bytes:
        kind, body = random.choice(bodies)
        body = one_of([body], jsonwise if kind == "application/json" else bytewise)(random)
        kind = kind if random.random() < 0.8 else random.choice(KINDS)
        return json.dumps({"kind": kind, "body": body.decode("latin-1")}).encode()

    return made


def _handler(predicted: Callable[[Item], int]) -> Any:
    @contextmanager
    def opened(folder: Path) -> Iterator[Run]:
        def run(data: bytes) -> str:
            case = json.loads(data)
            status = predicted(Item(case["body"].encode("latin-1"), media_type(case["kind"])))
            if status >= 500:
                raise Wrong(f"status {status}")
            return ""

        yield run

    return opened


LOADING: Final = Loading(folder=Path(), name="m", version="1", settings={})


def _image(item: Item) -> int:
    def pixels(instance: Any) -> Any:
        return image_classification.decode(requests.binary(instance), 224, 256, 50_000_000)

    made = requests.predict_flat([item], LOADING, image_classification._raw, pixels, lambda rows: [{} for _ in rows])
    return made[0].status


def _text(item: Item) -> int:
    def read(texts: Sequence[str]) -> Sequence[Any]:
        return [{"length": len(text.encode("utf-8"))} for text in texts]  # tokenizers take no lone surrogates either

    return requests.predict_flat([item], LOADING, tokens.raw, requests.text, read)[0].status


def _sent(bodies: Sequence[tuple[str, bytes]]) -> Callable[[Random], bytes]:
    """What goes over the connection; `strict`: whole HTTP, which the handler itself must answer."""
    items = _items(bodies)

    def made(random: Random) -> bytes:
        item = json.loads(items(random))
        body, strict = item["body"], random.random() < 0.5
        if not random.randrange(60):
            body = "x" * (MOST_BODY_BYTES + random.choice((-100, 0, 1, 1_000)))
        line, heads = (
            "POST {path} HTTP/1.1",
            [f"Content-Type: {item['kind']}", "Host: a", f"Content-Length: {len(body)}"],
        )
        if not strict:
            line = random.choice((line, random.choice(LINES)))
            heads[random.randrange(3) : random.choice((2, 3))] = [random.choice(HEADS)]
        text = "\r\n".join((line, *heads, "", body))
        text = text * 3 if not strict and not random.randrange(8) else text
        if not strict and random.random() < 0.2:
            text = bytewise(random, text.encode("latin-1")).decode("latin-1")
        cut = random.randrange(1, 200) if random.random() < 0.1 else 0
        return json.dumps({"text": text, "strict": strict, "cut": cut, "hang_up": random.random() < 0.1}).encode()

    return made


def _server(name: str, model: str) -> Any:
    @contextmanager
    def opened(folder: Path) -> Iterator[Run]:
        built = archive.ready(find(model), lambda _: None, compiled=False, target=_kept(model))
        launch = Launch(archive=built, work=folder / "work", port=_free_port(), workers=1, threads=1)
        path = f"/predictions/{model}"
        backend = make(name, launch)
        backend.start()
        try:
            _until(lambda: backend.alive() and _good(launch, path), START_SECONDS)

            def run(data: bytes) -> str:
                case = json.loads(data)
                said = _exchange(launch.port, case, path)
                if not _good(launch, path):
                    raise Wrong(
                        "the next good request is not answered" + ("" if backend.alive() else ": the server is gone")
                    )
                return _judged(said, strict=case["strict"] and not case["hang_up"])

            yield run
        finally:
            backend.stop()

    return opened


def _kept(model: str) -> Path:
    return Path(tempfile.gettempdir()) / "fuzz-archives" / f"{model}.mar"


def _exchange(port: int, case: Any, path: str) -> bytes:
    """Send, and read what comes until the server is silent or closes."""
    data = case["text"].replace("{path}", path).encode("latin-1")
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as sock:
        try:
            if case["cut"]:
                sock.sendall(data[: case["cut"]])
                time.sleep(0.05)
            sock.sendall(data[case["cut"] :])
            if case["hang_up"]:
                return b""
        except OSError:
            pass  # it has refused what it saw so far: its answer can still be read
        return _received(sock, ANSWER_SECONDS if case["strict"] else SILENCE_SECONDS)


def _received(sock: socket.socket, seconds: float = ANSWER_SECONDS) -> bytes:
    sock.settimeout(seconds)
    said, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            piece = sock.recv(65_536)
        except OSError:
            break
        if not piece:
            break
        said += piece
        head, found, body = said.partition(b"\r\n\r\n")
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if found and length and len(body) >= int(length[0].split(b":")[1]):
            break
    return said


def _judged(said: bytes, *, strict: bool) -> str:
    """Whole HTTP is answered with JSON and no fault of the server; what is none may also just be hung up on."""
    if not said and not strict:
        return ""
    head, _, body = said.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        raise Wrong("no HTTP answer" if said else "no answer")
    status = int(words[1])
    if any(known in body for known in OWN) or (status == TOO_LARGE and not body):
        return ""
    if strict and status >= 500:
        raise Wrong(f"status {status} for a request that is whole: {body[:80]!r}")
    if strict and status != 100:
        try:
            json.loads(body)
        except ValueError:
            raise Wrong(f"status {status} without JSON: {body[:60]!r}") from None
    if b"Traceback" in body or b'.py"' in body:
        raise Wrong("an answer shows the inside of the server")
    return body.decode("utf-8", "replace")


def _good(launch: Launch, path: str) -> bool:
    kind, body = ("image/png", pictures()[0]) if "net" in path else ("text/plain", b"a good day")
    text = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    try:
        with socket.create_connection(("127.0.0.1", launch.port), timeout=ANSWER_SECONDS) as sock:
            sock.sendall(text)
            return _received(sock).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _until(ready: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the server does not answer")
        time.sleep(0.3)


def _free_port() -> int:
    """The first of eight free ports in a row."""
    while True:
        port = randoms.randrange(20_000, 32_000, 8)
        try:
            for offset in range(8):
                socket.create_server(("127.0.0.1", port + offset)).close()
        except OSError:
            continue
        return port
