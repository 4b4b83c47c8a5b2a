"""How far a run is: one line that is drawn over on a terminal, a line now and then anywhere else."""

import sys
import threading
import time
from collections import deque
from typing import Final, Self, TextIO

TERMINAL_SECONDS: Final = 0.5
ELSEWHERE_SECONDS: Final = 30.0
WINDOW_SECONDS: Final = 60.0  # the rate is that of the last minute: documents differ too much for the whole run's
CLEAR: Final = "\r\x1b[K"


class Progress:
    """Counts sources; `total` may come later, from another thread."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._drawn = self._stream.isatty()
        self.total: int | None = None
        self.done = self.failed = self.before = 0
        self._began = time.monotonic()
        self._marks: deque[tuple[float, int]] = deque([(self._began, 0)])
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show_often, name="progress", daemon=True)

    def skipped(self) -> None:
        """One that an earlier stretch of the run did."""
        self.before += 1

    def add(self, *, failed: bool) -> None:
        """One source is done."""
        self.done += 1
        self.failed += failed

    def say(self, line: str) -> None:
        """A line that stays."""
        self._stream.write(f"{CLEAR if self._drawn else ''}{line}\n")
        self._stream.flush()

    def line(self) -> str:
        """What is shown now."""
        done = self.done + self.before
        parts = [f"{done:,}/{self.total:,} documents" if self.total is not None else f"{done:,} documents"]
        rate = self._rate()
        if rate:
            parts.append(f"{rate:,.1f}/s" if rate >= 1 else f"{60 * rate:,.1f}/min")
        parts.append(f"{self.failed:,} failed")
        if self.total is not None and rate and done < self.total:
            parts.append(f"{_duration((self.total - done) / rate)} left")
        return ", ".join(parts)

    def _rate(self) -> float:
        """Documents a second, over the last minute."""
        began, before = self._marks[0]
        passed = time.monotonic() - began
        return (self.done - before) / passed if passed > 0 else 0.0

    def _show_often(self) -> None:
        pause = TERMINAL_SECONDS if self._drawn else ELSEWHERE_SECONDS
        while not self._over.wait(pause):
            now = time.monotonic()
            self._marks.append((now, self.done))
            while len(self._marks) > 2 and self._marks[1][0] < now - WINDOW_SECONDS:
                self._marks.popleft()
            self._stream.write(f"{CLEAR}{self.line()}" if self._drawn else f"{self.line()}\n")
            self._stream.flush()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._drawn:
            self._stream.write(CLEAR)
            self._stream.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
