"""The worker processes of the batcher: one predictor each, spoken to over a pipe, replaced when they die or hang."""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from serving.handlers.answers import broken
from serving.handlers.types import Item, Reply, refusal

ROOT: Final = Path(__file__).resolve().parents[2]
RESTART_SECONDS: Final = 0.5
log = logging.getLogger(__name__)
Tell = Callable[[int, Reply], None]


class Worker:
    """One worker process and the thread that waits for its answers."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self._thread = ThreadPoolExecutor(1)
        self._writing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None
        self._number = 0
        self.ready = False

    async def start(self) -> None:
        """Spawn it and wait until its model answers; again and again while it dies on the way."""
        loop = asyncio.get_running_loop()
        while not self.ready:
            self._spawn()
            self.ready = await loop.run_in_executor(self._thread, self._receive) is not None
            if not self.ready:
                await asyncio.sleep(RESTART_SECONDS)

    async def predict(self, items: list[Item], tell: Tell) -> None:
        """Tell the replies as they come, of each item the last one without `more`.

        Where the process dies, or is silent for too long, the unfinished ones are told 500 or 504, and it is started
        anew.
        """
        if self._process and self._process.poll() is not None:  # it died while it had nothing to do
            self.ready = False
            await self.start()
        self._number += 1
        batch = _Batch(len(items), tell)
        late = not await self._exchange([(item.body, item.content_type) for item in items], batch)
        if not batch.open:
            return
        self.ready = False
        log.error("a worker %s; it is started again", "took too long" if late else "died")
        code, sentence = (
            (504, f"No prediction within {self._seconds:g} seconds.") if late else (500, "The worker died.")
        )
        batch.fail(code, sentence)
        await self.start()

    def drop(self, index: int) -> None:
        """The reader of an item of the batch in hand has left: what is streamed to it need not be made any more."""
        if self.ready:
            with self._writing, contextlib.suppress(OSError):
                self._pipe.send((self._number, index))  # type: ignore[union-attr]

    def kill(self) -> None:
        """End the process now."""
        if self._process:
            self._process.kill()

    async def _exchange(self, rows: list[tuple[bytes, str]], batch: "_Batch") -> bool:
        """Send a batch and take what comes back; False when nothing came for too long."""
        loop = asyncio.get_running_loop()
        heard = loop.time()

        def take(ready: dict[int, Any]) -> None:
            nonlocal heard
            heard = loop.time()
            batch.take(ready)

        answer = loop.run_in_executor(self._thread, self._ask, rows, lambda r: loop.call_soon_threadsafe(take, r))
        in_time = True
        while not answer.done():
            await asyncio.wait([answer], timeout=max(0.0, heard + self._seconds - loop.time()))
            if not answer.done() and in_time and loop.time() >= heard + self._seconds:
                in_time = False
                self.kill()  # the waiting thread then reads the end of the pipe
                await asyncio.wait([answer])
        await answer
        return in_time

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

    def _ask(self, rows: list[tuple[bytes, str]], take: Callable[[dict[int, Any]], Any]) -> None:
        """In the thread: until the batch is answered, or the process is gone."""
        try:
            with self._writing:
                self._pipe.send((self._number, rows))  # type: ignore[union-attr]
        except OSError:
            return
        while (ready := self._receive()) is not None:
            take(ready)

    def _receive(self) -> Any:
        """What the process sends; None when a batch is at its end, or the process is gone."""
        try:
            return self._pipe.recv()  # type: ignore[union-attr]
        except (EOFError, OSError):
            return None


class _Batch:
    """Which items of a batch still wait, and which of them have been told a part."""

    def __init__(self, count: int, tell: Tell) -> None:
        self._tell = tell
        self.open = set(range(count))
        self._begun: set[int] = set()

    def take(self, ready: dict[int, tuple[int, bytes, str, dict[str, str], bool]]) -> None:
        for i, (status, body, kind, headers, more) in ready.items():
            (self._begun.add if more else self.open.discard)(i)
            self._tell(i, Reply(status, body, kind, headers, more))

    def fail(self, code: int, sentence: str) -> None:
        for i in self.open:
            self._tell(i, broken(code, sentence) if i in self._begun else refusal(code, sentence))


def stop_all(workers: Iterable[Worker]) -> None:
    """End all; they hold nothing that must be kept."""
    for worker in workers:
        worker.kill()
