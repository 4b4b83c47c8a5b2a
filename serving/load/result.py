"""What a load test found."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Percentiles of the answers of status 2xx, in milliseconds; nearest rank, nothing is interpolated."""

    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: "array[float]") -> Self | None:
        """None where there was no answer."""
        if not seconds:
            return None
        ranked = sorted(seconds)
        p50, p90, p99, most = (1000 * ranked[math.ceil(share * len(ranked)) - 1] for share in (0.5, 0.9, 0.99, 1.0))
        return cls(p50_ms=p50, p90_ms=p90, p99_ms=p99, max_ms=most)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One load test.

    `asked_per_second` is None in a closed loop. `errors` counts by status, and by `timeout`, `broken` (the connection)
    and `refused` (no connection). `stopped` says that it was ended early, because it could not hold its goal.
    `generator_late_ms` is the 99th percentile of how late this program itself began requests: latencies are measured
    from the intended time, so what it is late is in them.
    """

    asked_per_second: float | None
    concurrency: int
    seconds: float
    answered: int
    latency: Latency | None
    errors: Mapping[str, int]
    bytes_sent: int
    bytes_received: int
    generator_late_ms: float = 0.0
    stopped: bool = False

    @property
    def rate_per_second(self) -> float:
        """Answers of status 2xx per second."""
        return self.answered / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Sustainable:
    """The highest rate whose p99 stayed under the goal, held once more for longer; 0 when no rate could be held.

    `ceiling` is the closed-loop run that bounds the search, `confirmation` the run that held the rate.
    """

    goal_ms: float
    rate_per_second: float
    ceiling: Run
    confirmation: Run | None
    probes: tuple[Run, ...]
