"""How long answers take at a steady load, from short exact runs: what the fluid simulation reads latencies from."""

from bisect import bisect_left, bisect_right
from functools import lru_cache
from random import Random

from infra.scaling.events import poisson, serve
from infra.scaling.latency import Latencies
from infra.scaling.server import Server

LOADS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Shares of the most the servers can do. Above the last a queue grows, which the fluid simulation follows itself."""
COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Numbers of servers that are looked at; more behave as the most do: hardly anybody waits."""
REQUESTS = 12_000
SETTLING = 2_000
"""Requests of a run, and those before it has settled, which are left out."""


class Cell:
    """Answers of so many servers at one steady load: latencies, their quantiles, and the share of time workers work."""

    __slots__ = ("busy", "latencies", "mean", "most", "p50", "p99")

    def __init__(self, latencies: Latencies, mean: float, busy: float) -> None:
        self.latencies, self.mean, self.busy = latencies, mean, busy
        self.p50, self.p99, self.most = (latencies.quantile(share) for share in (0.5, 0.99, 1.0))


class Service:
    """A server behind a balancer that knows the outstanding requests; each cell is simulated once."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def at(self, load: float, instances: int) -> tuple[Cell, Cell, float]:
        """The cells at the loads to either side, and the weight of the second; instances are rounded down."""
        count = COUNTS[max(bisect_right(COUNTS, instances) - 1, 0)]
        upper = bisect_left(LOADS, load)
        if upper in (0, len(LOADS)):
            cell = _cell(self.server, LOADS[max(upper - 1, 0)], count)
            return cell, cell, 0.0
        below, above = LOADS[upper - 1], LOADS[upper]
        share = (load - below) / (above - below)
        return _cell(self.server, below, count), _cell(self.server, above, count), share


@lru_cache(maxsize=2_000)
def _cell(server: Server, load: float, instances: int) -> Cell:
    times = poisson(load * instances * server.rate_per_second, Random(f"{load} {instances}"), REQUESTS)
    done = serve(times, server, instances=instances, seed=instances)
    settled = list(done.latencies)[SETTLING:]
    busy = done.busy_seconds / (done.seconds * instances * server.workers)
    return Cell(Latencies.of(settled), sum(settled) / len(settled), min(busy, 1.0))
