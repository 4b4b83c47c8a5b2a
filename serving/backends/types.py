"""What a backend is given, what it must do, and what it says of itself."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from serving.backends.memory import Memory
from serving.packed import about

# Above API Gateway's 10 MB nothing arrives; below it a caller deserves an answer of ours.
MOST_BODY_BYTES: Final = 10 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a server is to run: which archive, where it may write, where it listens, with how many workers.

    `workers` and `threads` None: one worker per core with one thread each on a CPU, one per GPU otherwise.
    """

    archive: Path
    work: Path
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int | None = None
    threads: int | None = None
    device: str = "cpu"
    options: Mapping[str, int] = field(default_factory=dict)

    @property
    def worker_count(self) -> int:
        """Worker processes."""
        if self.workers:
            return self.workers
        return cores() if self.device == "cpu" else 1

    @property
    def thread_count(self) -> int:
        """Threads of one worker."""
        return self.threads or max(1, cores() // self.worker_count)

    def serving(self) -> Mapping[str, int]:
        """Batching and limits: the archive's own, with what `options` says over it."""
        return {**self.about()["serving"], **self.options}

    def about(self) -> Mapping[str, Any]:
        """The archive's model.json."""
        return about(self.archive)


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Counts since the start; times are means in milliseconds of what ended since the last look, None: nothing did."""

    requests: int
    errors: int
    in_flight: int
    queue_ms: float | None
    latency_ms: float | None
    workers: int


class Backend(Protocol):
    """A model server."""

    @property
    def pid(self) -> int | None:
        """Its process id; None before the start."""
        ...

    def start(self) -> None:
        """Spawn it; returns at once."""

    def alive(self) -> bool:
        """Whether its process runs."""
        ...

    def healthy(self) -> bool:
        """Whether it says that it can serve."""
        ...

    def metrics(self) -> Metrics:
        """What it has done."""
        ...

    def memory(self) -> Memory:
        """What it and its workers hold."""
        ...

    def drain(self, seconds: float) -> int:
        """Wait until nothing is in flight, at most so long; what is in flight then."""
        ...

    def stop(self) -> None:
        """End it and everything it started."""
        ...


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_environment(launch: Launch) -> dict[str, str]:
    """Environment of everything that runs a network.

    The thresholds keep glibc from mapping and unmapping the batches' buffers again and again, which costs a third of
    the throughput (docs/serving.md); they need no other allocator to be installed.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TS_", "AWS_SECRET", "AWS_SESSION"))}
    return {
        **kept,
        "OMP_NUM_THREADS": str(launch.thread_count),
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
        "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
        "MALLOC_TOP_PAD_": str(64 << 20),
        "PYTHONUNBUFFERED": "1",
    }
