"""One line on a terminal while something takes longer than a second; nothing elsewhere, and none with `--quiet`."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from scripts.cli import console

PATIENCE_SECONDS: Final = 1.0
REDRAW_SECONDS: Final = 0.5


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say what is waited for, and how long already; the line is gone when it is over, however it ends."""
    if console.is_quiet() or not sys.stderr.isatty():
        yield
        return
    over = threading.Event()
    drawing = threading.Thread(target=_draw, args=(what, over), name="progress", daemon=True)
    drawing.start()
    try:
        yield
    finally:
        over.set()
        drawing.join()


def _draw(what: str, over: threading.Event) -> None:
    began = time.monotonic()
    if over.wait(PATIENCE_SECONDS):
        return
    while not over.is_set():
        sys.stderr.write(f"{console.CLEAR}{what} ... {time.monotonic() - began:.0f} s")
        sys.stderr.flush()
        over.wait(REDRAW_SECONDS)
    sys.stderr.write(console.CLEAR)
    sys.stderr.flush()
