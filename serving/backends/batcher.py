"""A small server behind the same seam: uvicorn workers that batch in process, watched by one parent."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from serving.backends.board import Board
from serving.backends.process import Server, get
from serving.backends.types import Launch, Metrics, worker_environment
from serving.packed import unpack

MOST_BODY_BYTES: Final = 10 * 1024 * 1024
PAUSE_SECONDS: Final = 0.1
ROOT: Final = Path(__file__).resolve().parents[2]
# What TorchServe's contract calls a sample by its ending.
TYPES: Final = {".txt": "text/plain", ".json": "application/json"}


class Batcher:
    """A batcher of one model."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._about = launch.about()
        self._server = Server(launch.work / "server.log")
        self._board: Board | None = None
        self._seen: dict[str, int] = {}

    def start(self) -> None:
        """Unpack the archive and spawn the parent of the workers."""
        launch = self._launch
        launch.work.mkdir(parents=True, exist_ok=True)
        unpack(launch.archive, launch.work / "model")
        (launch.work / "board").unlink(missing_ok=True)
        self._board = Board(launch.work / "board", launch.worker_count)
        (launch.work / "parent.json").write_text(json.dumps(self._settings()), encoding="utf-8")
        environment = {**worker_environment(launch), "PYTHONPATH": str(ROOT)}
        self._server.start(
            [sys.executable, "-m", "serving.backends.batcher", str(launch.work)], environment, launch.work
        )

    def alive(self) -> bool:
        """Whether the parent runs."""
        return self._server.alive()

    def healthy(self) -> bool:
        """Whether a worker answers."""
        return self.alive() and get(f"http://127.0.0.1:{self._launch.port}/ping") is not None

    def metrics(self) -> Metrics:
        """From the board the workers write."""
        board = self._board
        assert board is not None, "not started"  # noqa: S101
        now = {name: board.total(name) for name in ("requests", "queue_us", "latency_us")}
        ended = now["requests"] - self._seen.get("requests", 0)
        means = [
            (now[name] - self._seen.get(name, 0)) / ended / 1000 if ended > 0 else None
            for name in ("queue_us", "latency_us")
        ]
        self._seen = now
        return Metrics(
            requests=now["requests"],
            errors=board.total("errors"),
            in_flight=board.total("in_flight"),
            queue_ms=means[0],
            latency_ms=means[1],
            workers=board.total("ready"),
        )

    def drain(self, seconds: float) -> int:
        """Wait until no request is in hand."""
        board, end = self._board, time.monotonic() + seconds
        assert board is not None, "not started"  # noqa: S101
        while board.total("in_flight") and time.monotonic() < end and self.alive():
            time.sleep(PAUSE_SECONDS)
        return board.total("in_flight")

    def stop(self) -> None:
        """End the parent and its workers; what they have in hand they finish."""
        self._server.stop()

    def _settings(self) -> dict[str, Any]:
        launch, about = self._launch, self._about
        return {
            "name": about["name"],
            "sample": about["sample"],
            "sample_type": TYPES.get(Path(about["sample"]).suffix, "application/octet-stream"),
            "serving": dict(launch.serving()),
            "most_body_bytes": MOST_BODY_BYTES,
            "workers": launch.worker_count,
            "gpu": None if launch.device == "cpu" else launch.device.partition(":")[2] or "0",
            "host": launch.host,
            "port": launch.port,
        }


def main() -> None:
    """The parent: listens, starts the workers, starts again the ones that die or hang, until SIGTERM."""
    folder = Path(sys.argv[1])
    about = json.loads((folder / "parent.json").read_text(encoding="utf-8"))
    listener = socket.create_server((about["host"], about["port"]), backlog=1024)
    listener.set_inheritable(True)
    (folder / "launch.json").write_text(json.dumps({**about, "socket": listener.fileno()}), encoding="utf-8")
    board = Board(folder / "board", about["workers"])
    leaving: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: leaving.append(number))
    workers = [_spawn(folder, row, listener) for row in range(about["workers"])]
    # A second above the answer that the worker itself gives for a late prediction.
    limit_us = (about["serving"]["response_timeout_seconds"] + 1) * 1_000_000
    while not leaving:
        for row, worker in enumerate(workers):
            since = board.get(row, "busy_since_us")
            if since and time.monotonic() * 1_000_000 - since > limit_us:
                worker.kill()
            if worker.poll() is not None:
                board.clear(row)
                workers[row] = _spawn(folder, row, listener)
        time.sleep(PAUSE_SECONDS)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait()


def _spawn(folder: Path, row: int, listener: socket.socket) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "serving.backends.batcher_worker", str(folder), str(row)]
    # The archive's handlers come before those of the code that serves it.
    path = os.pathsep.join([str(folder / "model"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen(command, pass_fds=(listener.fileno(),), env=environment)  # noqa: S603 - our own


if __name__ == "__main__":
    main()
