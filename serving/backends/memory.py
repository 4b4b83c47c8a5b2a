"""What a server and its workers hold in memory."""

import statistics
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Megabytes: of the median worker, and of all processes together.

    Pages that several processes share are split among them (Linux's PSS), so that the parts add up; where the system
    does not say so, they count in each (RSS).
    """

    worker_mb: int
    all_mb: int


def of(pid: int | None, workers: Collection[str]) -> Memory:
    """The memory of a process and all below it; a word of `workers` in its command line makes one a worker."""
    import psutil

    found: list[tuple[bool, float]] = []
    try:
        parent = psutil.Process(pid) if pid else None
        family = [parent, *parent.children(recursive=True)] if parent else []
    except psutil.Error:
        family = []
    for process in family:
        try:
            is_worker = any(word in part for part in process.cmdline() for word in workers)
            found.append((is_worker, _megabytes(process)))
        except psutil.Error:  # it has just ended
            continue
    own = [size for is_worker, size in found if is_worker]
    return Memory(worker_mb=round(statistics.median(own)) if own else 0, all_mb=round(sum(size for _, size in found)))


def _megabytes(process: Any) -> float:
    import psutil

    try:
        found = process.memory_full_info()
    except psutil.AccessDenied:
        found = process.memory_info()
    return float(getattr(found, "pss", 0) or found.rss) / 1e6
