"""A backend that runs, and calls to it."""

import json
import random
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.backends import Backend, Launch, make

START_SECONDS = 240.0


@dataclass(frozen=True)
class Answer:
    """Status (0: no answer), JSON body and headers."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True)
class Running:
    """A started backend of a model."""

    backend: Backend
    launch: Launch

    def call(self, body: bytes, kind: str = "text/plain", path: str = "", seconds: float = 30) -> Answer:
        url = f"http://127.0.0.1:{self.launch.port}{path or '/predictions/' + self.launch.about()['name']}"
        request = urllib.request.Request(url, body, {"Content-Type": kind} if kind else {})
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
                return Answer(answer.status, json.loads(answer.read()), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            return Answer(error.code, json.loads(text) if text else None, dict(error.headers))
        except OSError:
            return Answer(0, None, {})

    def calls(self, bodies: Sequence[bytes], at_once: int) -> list[Answer]:
        """All of them, so many at once."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(self.call, bodies))

    def in_flight(self, bodies: Sequence[bytes]) -> "tuple[list[Answer], list[threading.Thread]]":
        """Send all and return once all are with the server; the answers come into the list."""
        answers: list[Answer] = []
        threads = [threading.Thread(target=lambda b=body: answers.append(self.call(b))) for body in bodies]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        return answers, threads

    def becomes_healthy(self, seconds: float = START_SECONDS) -> None:
        end = time.monotonic() + seconds
        while self.call(b"hello", seconds=5).status != 200:
            assert time.monotonic() < end, (self.launch.work / "server.log").read_text()[-3000:]
            time.sleep(0.1)


@contextmanager
def running(name: str, archive: Path, folder: Path, **more: Any) -> Iterator[Running]:
    """Start, wait until it answers, and end it."""
    launch = Launch(archive=archive, work=folder / name, port=free_port(), **more)
    backend = make(name, launch)
    backend.start()
    try:
        end = time.monotonic() + START_SECONDS
        while not (backend.healthy() and backend.metrics().workers == launch.worker_count):
            log = launch.work / "server.log"
            assert backend.alive(), log.read_text()[-3000:]
            assert time.monotonic() < end, log.read_text()[-3000:]
            time.sleep(0.1)
        yield Running(backend, launch)
    finally:
        backend.stop()


def gone(pid: int, seconds: float = 40.0) -> bool:
    """Whether a process ends within so many seconds; a zombie has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def free_port() -> int:
    """The first of eight free ports in a row, below those that the system gives to clients."""
    while True:
        port = random.randrange(20_000, 32_000, 8)
        try:
            for offset in range(8):
                socket.create_server(("127.0.0.1", port + offset)).close()
        except OSError:
            continue
        return port
