"""One server process in a session of its own, so that ending it ends what it started."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 10.0


class Server:
    """A child process with its own process group, writing to one log file."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Start it; raises OSError when the executable is missing."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                list(command), env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """Its process id, also its group's."""
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """SIGTERM to it, and after ten seconds SIGKILL to all of its group."""
        if self._process is None:
            return
        if self.alive():
            self._process.terminate()
            end = time.monotonic() + STOP_SECONDS
            while self.alive() and time.monotonic() < end:
                time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def get(url: str, seconds: float = 2.0) -> bytes | None:
    """The body of a 200 answer; None for any other and for no answer."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310 - our own address
            body: bytes = answer.read()
            return body
    except (urllib.error.URLError, OSError, ValueError):
        return None
