"""The instance of a sandbox: the node program, started from what the emulated instance's own start script says."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.naming import CANARY
from infra.sandbox.processes import STOP_SECONDS
from serving.errors import ServingError

SETTINGS: Final = re.compile(r"<<'SETTINGS'\n(.*?)\nSETTINGS\n", re.DOTALL)
BUCKET: Final = re.compile(r'--bucket "([^"]+)"')
ARCHIVE: Final = re.compile(r'^fetch "([^"]+)" "([0-9a-f]{64})" "/opt/breakeven/models/', re.MULTILINE)
PREFIX: Final = "BREAKEVEN_"

PORTS: Final = 16  # TorchServe takes the first five, and one for each worker
AGAIN_SECONDS: Final = 5.0  # as systemd waits on an instance


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an instance is told to serve: the model its path names, and the archive in the account's bucket."""

    model: str
    region: str
    archive: str
    sha256: str


def order(scripts: Mapping[str, str]) -> Order | None:
    """Of the start scripts of all groups, that of the fleet; None where nothing is to be served."""
    for group, script in scripts.items():
        block, bucket, archive = SETTINGS.search(script), BUCKET.search(script), ARCHIVE.search(script)
        if block and bucket and archive and not group.endswith(f"-{CANARY}"):
            told = dict(line.partition("=")[::2] for line in block[1].splitlines())
            place = f"s3://{bucket[1]}/{archive[1]}"
            region = told[f"{PREFIX}REGION"]
            return Order(model=told[f"{PREFIX}MODEL"], region=region, archive=place, sha256=archive[2])
    return None


class Node:
    """The node's process. `keep` brings it to an order; the other properties say what answers now, and where."""

    def __init__(self, folder: Path, started: Callable[[int], None]) -> None:
        self._folder, self._started = folder, started
        self._order: Order | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._next = 0.0
        self._port, self._name = 0, ""

    def address(self, wanted: Order | None) -> str:
        """Where predictions for an order are made; empty while another or nothing is served."""
        if wanted is None or wanted != self._order or self._process is None or self._process.poll() is not None:
            return ""
        return f"http://127.0.0.1:{self._port}/predictions/{self._name}"

    def keep(self, wanted: Order | None) -> None:
        """Serve what is ordered: another order ends what runs, and what has ended is started again."""
        if wanted != self._order:
            self.stop()
            self._order, self._next = wanted, 0.0
        ended = self._process is None or self._process.poll() is not None
        if wanted is not None and ended and time.monotonic() >= self._next:
            self._next = time.monotonic() + AGAIN_SECONDS
            try:
                self._start(wanted)
            except ServingError as error:
                print(f"node: {error}", flush=True)  # noqa: T201 - into the sandbox's log

    def stop(self) -> None:
        """End it; it drains."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._started(0)

    def _start(self, wanted: Order) -> None:
        from serving.node import fetch
        from serving.packed import about

        # The node will find it there. A model that stands in for another bears its own name in the archive.
        archive = fetch.archive(wanted.archive, wanted.sha256, self._folder / "archives", wanted.region)
        self._name, self._port = str(about(archive)["name"]), free_port()
        told = {
            "MODEL": self._name, "ARCHIVE": wanted.archive, "ARCHIVE_SHA256": wanted.sha256, "REGION": wanted.region,
            "HOST": "127.0.0.1", "PORT": str(self._port), "STATE": str(self._folder), "DRAIN_SECONDS": "2",
        }  # fmt: skip
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "serving.node"],
            env={**kept, **{f"{PREFIX}{name}": value for name, value in told.items()}},
            stdin=subprocess.DEVNULL,
        )
        self._started(self._process.pid)


def free_port() -> int:
    """The first of some ports in a row of which nobody listens."""
    for _ in range(50):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + PORTS < 65536 and all(map(_is_free, range(first, first + PORTS))):
            return first
    return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
