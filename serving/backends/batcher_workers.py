"""The worker processes of the batcher: one predictor each, spoken to over a pipe, replaced when they die or hang."""

import asyncio
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from serving.handlers.types import Item, Reply, refusal

ROOT: Final = Path(__file__).resolve().parents[2]
RESTART_SECONDS: Final = 0.5
log = logging.getLogger(__name__)


class Worker:
    """One worker process and the thread that waits for its answers."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self._thread = ThreadPoolExecutor(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None
        self.ready = False

    async def start(self) -> None:
        """Spawn it and wait until its model answers; again and again while it dies on the way."""
        loop = asyncio.get_running_loop()
        while not self.ready:
            self._spawn()
            self.ready = await loop.run_in_executor(self._thread, self._receive) is not None
            if not self.ready:
                await asyncio.sleep(RESTART_SECONDS)

    async def predict(self, items: list[Item]) -> list[Reply]:
        """Replies; where the process dies or takes too long, 500 or 504 for all of them, and it is started anew."""
        loop = asyncio.get_running_loop()
        if self._process and self._process.poll() is not None:  # it died while it had nothing to do
            self.ready = False
            await self.start()
        rows = [(item.body, item.content_type) for item in items]
        answer = loop.run_in_executor(self._thread, self._ask, rows)
        late = False
        done, _ = await asyncio.wait([answer], timeout=self._seconds)
        if not done:
            late = True
            self.kill()  # the waiting thread then reads the end of the pipe
        replies = await answer
        if replies is not None:
            return [Reply(status, body, kind, headers) for status, body, kind, headers in replies]
        self.ready = False
        log.error("a worker %s; it is started again", "took too long" if late else "died")
        failed = refusal(504, f"No prediction within {self._seconds:g} seconds.") if late else None
        await self.start()
        return [failed or refusal(500, "The worker died.") for _ in items]

    def kill(self) -> None:
        """End the process now."""
        if self._process:
            self._process.kill()

    def _spawn(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
        if self._pipe:
            self._pipe.close()
        self._pipe, theirs = Pipe()
        # The archive's handlers come before those of the code that serves it.
        path = os.pathsep.join([str(self._folder / "model"), str(ROOT)])
        command = [sys.executable, "-m", "serving.backends.batcher_worker", str(self._folder), str(theirs.fileno())]
        environment = {**os.environ, "PYTHONPATH": path}
        self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), env=environment)  # noqa: S603 - our own
        theirs.close()

    def _ask(self, rows: list[tuple[bytes, str]]) -> Any:
        try:
            self._pipe.send(rows)  # type: ignore[union-attr]
        except OSError:
            return None
        return self._receive()

    def _receive(self) -> Any:
        """What the process sends; None when it is gone."""
        try:
            return self._pipe.recv()  # type: ignore[union-attr]
        except (EOFError, OSError):
            return None


def stop_all(workers: list[Worker]) -> None:
    """End all; they hold nothing that must be kept."""
    for worker in workers:
        worker.kill()
