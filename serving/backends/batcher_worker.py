"""One worker process of the batcher: loads the model, then answers batches that come over a pipe.

Run as `python -m serving.backends.batcher_worker FOLDER DESCRIPTOR`; `FOLDER/launch.json` says what is served.
"""

import json
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from serving.handlers.adapter import predictor
from serving.handlers.types import Item, isolated, media_type
from serving.packed import content_type


def main() -> None:
    """Say `ready` once a prediction has worked; end when the other end of the pipe does."""
    # Ctrl-C and SIGTERM are the parent's: it drains first, and then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, pipe = Path(sys.argv[1]), _pipe(int(sys.argv[2]))
    about = json.loads((folder / "launch.json").read_text(encoding="utf-8"))
    loaded = predictor(folder / "model", about["gpu"])
    sample = Item((folder / "model" / about["sample"]).read_bytes(), media_type(content_type(about["sample"])))
    for count in (1, about["serving"]["batch_size"]):
        loaded.predict([sample] * count)
    pipe.send("ready")
    while True:
        try:
            rows = pipe.recv()
        except (EOFError, OSError):
            return
        replies = isolated(loaded, [Item(body, kind) for body, kind in rows])
        pipe.send([(r.status, r.body, r.content_type, dict(r.headers)) for r in replies])


def _pipe(descriptor: int) -> "Connection[Any, Any]":
    return Connection(descriptor)


if __name__ == "__main__":
    main()
