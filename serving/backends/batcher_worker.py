"""One worker process of the batcher: loads the model, then answers batches that come over a pipe.

Run as `python -m serving.backends.batcher_worker FOLDER DESCRIPTOR`; `FOLDER/launch.json` says what is served.
"""

import json
import signal
import sys
from collections.abc import Collection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from serving.handlers.adapter import predictor
from serving.handlers.answers import answers
from serving.handlers.types import Item, Predictor


def main() -> None:
    """Say `ready` once a prediction has worked; end when the other end of the pipe does."""
    # Ctrl-C and SIGTERM are the parent's: it drains first, and then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, pipe = Path(sys.argv[1]), _pipe(int(sys.argv[2]))
    about = json.loads((folder / "launch.json").read_text(encoding="utf-8"))
    loaded = predictor(folder / "model", about["gpu"])
    pipe.send("ready")
    try:
        while True:
            number, rows = pipe.recv()
            if isinstance(rows, list):  # else a reader has left whose stream is at its end already
                _answer(loaded, pipe, number, rows)
    except (EOFError, OSError):
        return


def _answer(loaded: Predictor, pipe: "Connection[Any, Any]", number: int, rows: "list[tuple[bytes, str]]") -> None:
    """Send replies as they become ready, and None once all are sent."""
    left: set[int] = set()

    def gone() -> Collection[int]:
        while pipe.poll():
            batch, index = pipe.recv()
            if batch == number:
                left.add(index)
        return left

    for ready in answers(loaded, [Item(body, kind) for body, kind in rows], gone):
        pipe.send({i: (r.status, r.body, r.content_type, dict(r.headers), r.more) for i, r in ready.items()})
    pipe.send(None)


def _pipe(descriptor: int) -> "Connection[Any, Any]":
    return Connection(descriptor)


if __name__ == "__main__":
    main()
