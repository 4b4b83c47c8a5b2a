"""The seam in front of the small server; run as a program it is a whole node with that server."""

import json
import subprocess
import sys
import time
from pathlib import Path

from serving.backends import Launch, Metrics
from serving.backends.process import get

SERVER = Path(__file__).with_name("small_server.py")


class SmallBackend:
    def __init__(self, launch: Launch, command: tuple[str, ...] = ()) -> None:
        self.launch = launch
        self.starts = 0
        self._command = command or (sys.executable, str(SERVER), str(launch.port), str(launch.work))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.starts += 1
        self._process = subprocess.Popen(self._command)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def healthy(self) -> bool:
        return get(f"http://127.0.0.1:{self.launch.port}/ping") is not None

    def metrics(self) -> Metrics:
        counts = json.loads(get(f"http://127.0.0.1:{self.launch.port}/counts") or b"{}")
        return Metrics(**counts, queue_ms=1.5, latency_ms=None, workers=1)

    def drain(self, seconds: float) -> int:
        end = time.monotonic() + seconds
        while (rest := self.metrics().in_flight) and time.monotonic() < end:
            time.sleep(0.02)
        return rest

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


def make(name: str, launch: Launch) -> SmallBackend:
    return SmallBackend(launch)


def make_lame(name: str, launch: Launch) -> SmallBackend:
    """A server that ends at once."""
    return SmallBackend(launch, (sys.executable, "-c", "import sys; sys.exit(1)"))


if __name__ == "__main__":
    from serving.node.__main__ import main

    sys.exit(main(make))
