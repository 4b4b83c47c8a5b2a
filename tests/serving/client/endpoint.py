"""A real HTTP server on a free port that answers as a test tells it to, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request as it came."""

    number: int
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def instances(self) -> list[Any]:
        if self.headers["content-type"] == "application/json":
            found: list[Any] = json.loads(self.body)["instances"]
            return found
        return [self.body.decode("utf-8", "replace")]


@dataclass
class Told:
    """What to answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    hang_up: bool = False
    drip: bool = False  # a byte now and then: no single read is ever slow


Say = Callable[[Asked], Told]


def row(text: str) -> dict[str, Any]:
    """The prediction of a text: itself; one that says `bad` is refused."""
    if "bad" in text:
        return {"error": {"code": 400, "message": "The text is bad.", "index": 0}}
    return {"text": text, "prompt_tokens": len(text), "tokens": 1, "finish": "stop"}


def predicted(rows: list[Any]) -> bytes:
    return json.dumps({"model": "echo", "version": "1.0", "predictions": rows}).encode()


def echo(asked: Asked) -> Told:
    """What a served model does, by the contract."""
    rows = [row(str(one)) for one in asked.instances]
    if all("error" in one for one in rows):
        return Told(400, json.dumps(rows[0]).encode())
    return Told(200, predicted(rows))


class Endpoint(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, say: Say) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.say, self.asked = say, list[Asked]()
        self.busy = self.busiest = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = self.server
        with server.lock:
            server.busy += 1
            server.busiest = max(server.busiest, server.busy)
        try:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with server.lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(len(server.asked) + 1, self.path, headers, body, time.monotonic())
                server.asked.append(asked)
            told = server.say(asked)
            time.sleep(told.seconds)
        finally:
            with server.lock:
                server.busy -= 1
        self._tell(told)

    def _tell(self, told: Told) -> None:
        if told.hang_up:
            self.close_connection = True
            return
        head = "".join(f"{name}: {value}\r\n" for name, value in told.headers.items())
        whole = f"HTTP/1.1 {told.status} Said\r\n{head}Content-Length: {len(told.body)}\r\n\r\n".encode() + told.body
        try:
            for part in [whole[i : i + 1] for i in range(len(whole))] if told.drip else [whole]:
                self.wfile.write(part)
                if told.drip:
                    time.sleep(0.05)
        except OSError:  # the caller has left
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def endpoint(say: Say = echo) -> Iterator[Endpoint]:
    server = Endpoint(say)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def scripted(*told: Told) -> Say:
    """Answers in turn, then as the model."""
    return lambda asked: told[asked.number - 1] if asked.number <= len(told) else echo(asked)
