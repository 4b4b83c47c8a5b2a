"""What every peer serves: the very predictor of the archive, loaded as our own servers load it."""

import os
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["BENCH_FOLDER"])
BATCH = int(os.environ["BENCH_BATCH"])
WORKERS = int(os.environ["BENCH_WORKERS"])
DELAY_SECONDS = float(os.environ["BENCH_DELAY_SECONDS"])
PORT = int(os.environ["BENCH_PORT"])
PATH = os.environ["BENCH_PATH"]


def load() -> Any:
    """The predictor, warm."""
    from serving.handlers.adapter import predictor
    from serving.handlers.types import Item

    found = predictor(FOLDER)
    sample = next(FOLDER.glob("sample.*")).read_bytes()
    for count in (1, BATCH):
        found.predict([Item(sample)] * count)
    return found


def predict(found: Any, bodies: list[bytes]) -> list[bytes]:
    """JSON bodies for image bytes."""
    from serving.handlers.types import Item

    return [reply.body for reply in found.predict([Item(bytes(body), "image/jpeg") for body in bodies])]
