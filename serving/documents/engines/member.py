"""A worker process as its run sees it: what it was given, what it says, and how it ended."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, cast

from serving.documents.engines import wire
from serving.documents.types import Source

ROOT: Final = Path(__file__).resolve().parents[3]
# -P: no module of the folder in which the user happens to be takes the place of one of ours.
WORKER: Final = (sys.executable, "-P", "-m", "serving.documents.engines.worker")
ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PIECE_BYTES: Final = 1024**2
LOG_BYTES: Final = 1024**2
LEAVE_SECONDS: Final = 5.0


class Member:
    """One subprocess in a process group of its own, so that it can be ended with all that it started.

    `batch` holds what it was given and has not answered yet; `of` and `stage` are what it said last, `pages` how many
    pages of that document were given to the OCR.
    """

    def __init__(self, command: Sequence[str], temporary: Path) -> None:
        self.log: IO[bytes] = tempfile.TemporaryFile(dir=temporary)  # noqa: SIM115 - as long as the process
        self.process = _start(command, self.log, temporary)
        self._input = cast(IO[bytes], self.process.stdin)
        self._output = cast(IO[bytes], self.process.stdout)
        self.batch: dict[str, Source] = {}
        self.ready = False
        self.of, self.stage, self.pages = "", "", 0
        self.since = time.monotonic()
        self._received = bytearray()
        self._looked = 0

    @property
    def output(self) -> int:
        """The descriptor to wait for."""
        return self._output.fileno()

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message; a worker that is gone is noticed when its output ends."""
        with suppress(BrokenPipeError):
            self._input.write(wire.line(message))
            self._input.flush()

    def give(self, sources: list[Source]) -> None:
        """Its next batch."""
        self.batch = {one.id: one for one in sources}
        self.of, self.stage, self.pages, self.since = "", "", 0, time.monotonic()
        self._shorten_log()
        self.tell(wire.batch(sources))

    def hear(self) -> Iterator[dict[str, Any]] | None:
        """The messages that are there now; None when it has ended."""
        piece = os.read(self.output, PIECE_BYTES)
        if not piece:
            return None
        self._received += piece
        return self._messages()

    def _messages(self) -> Iterator[dict[str, Any]]:
        while (end := self._received.find(b"\n", self._looked)) >= 0:
            line = bytes(self._received[:end])
            del self._received[: end + 1]
            self._looked = 0
            message: dict[str, Any] = json.loads(line)
            self._note(message)
            yield message
        self._looked = len(self._received)

    def _note(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self.ready = True
            self.since = time.monotonic()
        elif "stage" in message:
            # The clock is that of one document, of a member of an archive too, and of one pass of the model.
            if message["of"] != self.of or "predict" in (message["stage"], self.stage):
                self.since, self.pages = time.monotonic(), 0
            self.of, self.stage = message["of"], message["stage"]
            self.pages += self.stage == "ocr"

    @property
    def seconds(self) -> float:
        """Since it began the document it is at."""
        return time.monotonic() - self.since

    def suspects(self) -> list[Source]:
        """Those of the batch that it can have died of: the one it read, or all while they were predicted."""
        if self.stage == "predict" or not self.of:
            return list(self.batch.values())
        named = [one for one in self.batch.values() if self.of == one.id or self.of.startswith(f"{one.id}!/")]
        return named[:1] or list(self.batch.values())

    def ending(self) -> str:
        """How the process ended, in a few words; waits for it."""
        try:
            code = self.process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if code < 0:
            with suppress(ValueError):
                return f"was ended by {signal.Signals(-code).name}"
            return f"was ended by signal {-code}"
        return f"ended with code {code}" + (f" ({said})" if (said := self.last_words()) else "")

    def last_words(self) -> str:
        """The last line on its standard error."""
        self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - 4096))
        lines = self.log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else ""

    def _shorten_log(self) -> None:
        log = self.log.fileno()
        if os.fstat(log).st_size > LOG_BYTES:
            os.ftruncate(log, 0)
            os.lseek(log, 0, os.SEEK_SET)  # both sides write at the same offset

    def kill(self) -> None:
        """End it and all that it started, now."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._close()

    def leave(self) -> None:
        """Let it end by itself, for it may have files to remove; kill it when it does not."""
        with suppress(BrokenPipeError):
            self._input.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(LEAVE_SECONDS)
        self.kill()

    def _close(self) -> None:
        self.process.wait()
        for stream in (self._input, self._output, self.log):
            with suppress(BrokenPipeError):
                stream.close()


def _start(command: Sequence[str], log: IO[bytes], temporary: Path) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 - our own module, or a test's
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
        env={
            **os.environ,
            **ONE_THREAD,
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONPATH": path,
            "TMPDIR": str(temporary),
        },
    )
