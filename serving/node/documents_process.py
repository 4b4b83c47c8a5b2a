"""The process that works the documents, as the agent of a node sees it: started, started again, drained."""

import importlib.util
import logging
import os
import subprocess
import sys
import time

from serving.node.settings import NodeSettings

log = logging.getLogger(__name__)
COMMAND = (sys.executable, "-m", "serving.node.documents")
# What a bundle without `--documents` lacks.
NEEDED = ("serving.documents", "pypdfium2")
AGAIN_SECONDS = 5.0
MOST_AGAIN_SECONDS = 300.0
CALM_SECONDS = 600.0
KILL_SPARE_SECONDS = 15.0


class Documents:
    """The worker process of a node with a queue; of one without, nothing. No method raises."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = not settings.queue_url
        self._wait, self._since, self._next, self._deadline = AGAIN_SECONDS, 0.0, 0.0, 0.0

    def look(self) -> None:
        """Start it, and again when it has ended; each time later, until it has run for a while."""
        if self._ended or self.alive():
            return
        now = time.monotonic()
        if self._process and not self._next:
            if now - self._since > CALM_SECONDS:
                self._wait = AGAIN_SECONDS
            log.error("documents: the worker ended with %s; again in %.0f s", self._process.returncode, self._wait)
            self._next, self._wait = now + self._wait, min(self._wait * 2, MOST_AGAIN_SECONDS)
        if now >= self._next:
            self._start()

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def leave(self) -> None:
        """No new documents; it finishes or gives back what it holds."""
        self._ended = True
        self._deadline = time.monotonic() + self._settings.drain_seconds + KILL_SPARE_SECONDS
        if self._process and self.alive():
            self._process.terminate()

    def wait(self) -> None:
        """Until it has ended, which it must have before its server does."""
        if not self._process:
            return
        try:
            self._process.wait(max(self._deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            log.error("documents: the worker did not end in time; the queue has its documents again in two minutes")
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self._next, self._since = 0.0, time.monotonic()
        try:
            if missing := next((name for name in NEEDED if importlib.util.find_spec(name) is None), ""):
                self._ended = True
                log.error("documents: %s is not in the bundle; build it again: breakeven bundle --documents", missing)
                return
            self._process = subprocess.Popen(COMMAND, env={**os.environ, **self._settings.environment()})  # noqa: S603 - our own command
        except OSError as error:
            log.error("documents: the worker cannot be started (%s)", error.strerror or error)
            self._next = time.monotonic() + MOST_AGAIN_SECONDS
