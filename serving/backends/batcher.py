"""A small server behind the same seam: uvicorn in front, worker processes behind, one queue between."""

import json
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from serving.backends.base import ProcessBackend
from serving.backends.batcher_workers import ROOT
from serving.backends.process import get
from serving.backends.types import MOST_BODY_BYTES, Launch, Metrics, worker_environment
from serving.packed import unpack

PAUSE_SECONDS: Final = 0.1


class Batcher(ProcessBackend):
    """A batcher of one model; stopped, it finishes what it has in hand."""

    def __init__(self, launch: Launch) -> None:
        super().__init__(launch)
        self._seen: Mapping[str, int] = {}

    def start(self) -> None:
        """Unpack the archive and spawn the front process, which spawns the workers."""
        launch = self._launch
        launch.work.mkdir(parents=True, exist_ok=True)
        unpack(launch.archive, launch.work / "model")
        (launch.work / "launch.json").write_text(json.dumps(self._settings()), encoding="utf-8")
        environment = {**worker_environment(launch), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "serving.backends.batcher_front", str(launch.work)]
        self._server.start(command, environment, launch.work)

    def metrics(self) -> Metrics:
        """From the front process's own counts."""
        now = self._status()
        ended = now.get("requests", 0) - self._seen.get("requests", 0)
        queue, latency = (
            (now.get(name, 0) - self._seen.get(name, 0)) / ended / 1000 if ended > 0 else None
            for name in ("queue_us", "latency_us")
        )
        self._seen = now
        return Metrics(
            requests=now.get("requests", 0),
            errors=now.get("errors", 0),
            in_flight=now.get("in_flight", 0),
            queue_ms=queue,
            latency_ms=latency,
            workers=now.get("workers", 0),
        )

    def drain(self, seconds: float) -> int:
        """Wait until no request is in hand."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.alive():
            if not self._status().get("in_flight", 1):
                return 0
            time.sleep(PAUSE_SECONDS)
        return self._status().get("in_flight", 0)

    def _status(self) -> Mapping[str, int]:
        body = get(f"{self._address()}/status")
        found: Mapping[str, int] = json.loads(body) if body else {}
        return found

    def _settings(self) -> dict[str, Any]:
        launch, about = self._launch, self._about
        return {
            "name": about["name"],
            "serving": dict(launch.serving()),
            "most_body_bytes": MOST_BODY_BYTES,
            "workers": launch.worker_count,
            "gpu": None if launch.device == "cpu" else launch.device.partition(":")[2] or "0",
            "host": launch.host,
            "port": launch.port,
        }
