"""Closed and open loop.

Closed: each of N callers waits for its answer before it asks again; it finds the most a server can do, but a server
that stalls is asked less, so its worst moments are hardly seen. Open: requests are due at a constant rate whatever the
server does, and latency counts from the moment a request was due (no coordinated omission).
"""

import asyncio
import math
from array import array
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from serving.errors import InputError
from serving.load.connection import Connection
from serving.load.result import Run
from serving.load.target import Target
from serving.load.traffic import Traffic

MOST_CONNECTIONS: Final = 256
LATE_SHARE: Final = 0.01  # what a p99 may leave out


def closed_loop(target: Target, *, concurrency: int = 8, seconds: float = 10.0, timeout_seconds: float = 30.0) -> Run:
    """Keep `concurrency` requests under way for `seconds`; raises InputError, and EndpointError without a server."""
    _check("concurrency", concurrency, 1, 1024)
    _check("seconds", seconds, 0.1, 3600)
    return asyncio.run(_Closed(target, concurrency, timeout_seconds).run(seconds))


def open_loop(
    target: Target,
    *,
    rate: float,
    seconds: float = 10.0,
    connections: int = MOST_CONNECTIONS,
    timeout_seconds: float = 30.0,
    goal_ms: float | None = None,
) -> Run:
    """Make `rate` requests a second, evenly spaced, for `seconds`; at most `connections` are under way at a time.

    With `goal_ms` it ends early once an error or more than 1 % above the goal show that p99 cannot hold it.
    Raises InputError, and EndpointError without a server.
    """
    _check("rate", rate, 0.01, 100_000)
    _check("seconds", seconds, 0.1, 3600)
    _check("connections", connections, 1, 1024)
    planned = max(1, round(rate * seconds))
    times = [number / rate for number in range(planned)]
    return asyncio.run(_Open(target, connections, timeout_seconds, goal_ms).run(times, planned / rate, rate))


def replay(
    target: Target,
    times: Sequence[float],
    *,
    connections: int = MOST_CONNECTIONS,
    timeout_seconds: float = 30.0,
) -> Run:
    """Make a request at each of the given times (seconds from the start, rising), whatever the server does.

    Raises InputError for times that fall, and EndpointError without a server.
    """
    _check("connections", connections, 1, 1024)
    _check_times(times)
    return asyncio.run(_Open(target, connections, timeout_seconds, None).run(times, times[-1], None))


def record(
    target: Target, times: Sequence[float], *, connections: int = MOST_CONNECTIONS, timeout_seconds: float = 30.0
) -> tuple[Run, Sequence[float]]:
    """As `replay`, with the moments at which requests really left (seconds from the start); latencies count from them.

    That is what the server saw: what the generator itself is late is no part of it.
    """
    _check("connections", connections, 1, 1024)
    _check_times(times)
    traffic = _Recorded(target, connections, timeout_seconds, None)
    run = asyncio.run(traffic.run(times, times[-1], None))
    return run, traffic.sent


def _check_times(times: Sequence[float]) -> None:
    if not times or times[0] < 0 or any(later < earlier for earlier, later in pairwise(times)):
        raise InputError("times", "they are none, below 0 or falling", "give rising seconds from the start")


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # a NaN is not, either
        raise InputError(name, f"{value:g} is out of range", f"give {least:g} to {most:g}")


class _Closed(Traffic):
    async def run(self, seconds: float) -> Run:
        await self.open(self.most)
        self.start = self.loop.time()
        self.end = self.start + seconds
        for one in tuple(self.connections):
            self.begin(one, self.start)
        await self.drain()
        return self.result(None, max(self.last, self.end) - self.start)

    def ready(self, connection: Connection) -> None:
        now = self.loop.time()
        if now < self.end:
            self.begin(connection, now)

    def may_connect(self) -> bool:
        return self.loop.time() < self.end and len(self.connections) + len(self.connecting) < self.most

    def is_over(self) -> bool:
        return self.loop.time() >= self.end and not self.under_way


class _Open(Traffic):
    def __init__(self, target: Target, connections: int, timeout_seconds: float, goal_ms: float | None) -> None:
        super().__init__(target, connections, timeout_seconds)
        self.goal = goal_ms / 1000 if goal_ms else math.inf
        self.idle: list[Connection] = []
        self.waiting: deque[float] = deque()  # due, but without a connection yet
        self.late = array("d")
        self.due = self.planned = self.above = 0
        self.stopped = False
        self.times: Sequence[float] = ()

    async def run(self, times: Sequence[float], seconds: float, rate: float | None) -> Run:
        await self.open(1)
        self.idle = list(self.connections)
        self.times, self.planned = times, len(times)
        self.start = self.loop.time()
        self._tick()
        await self.drain()
        # At a rate the last request is due before the end; a run that was ended early lasted as long as it lasted.
        whole = 0.0 if self.stopped else self.start + seconds
        return self.result(rate, max(self.last, whole) - self.start, late=self.late, stopped=self.stopped)

    def ready(self, connection: Connection) -> None:
        if self.waiting:
            self.begin(connection, self.waiting.popleft())
        else:
            self.idle.append(connection)

    def may_connect(self) -> bool:
        return len(self.waiting) > len(self.connecting) and len(self.connections) + len(self.connecting) < self.most

    def is_over(self) -> bool:
        return self.due >= self.planned and not self.under_way and not self.waiting

    def gone(self, connection: Connection) -> None:
        if connection in self.idle:
            self.idle.remove(connection)
        super().gone(connection)

    def answered(self, latency: float) -> None:
        self.above += latency > self.goal

    def sweep(self, now: float) -> None:
        super().sweep(now)
        while self.waiting and now - self.waiting[0] > self.timeout:
            self.waiting.popleft()
            self.errors["timeout"] += 1
        if self.goal == math.inf or self.stopped:
            return
        waiting = sum(1 for c in self.connections if c.busy and now - c.intended > self.goal)
        waiting += sum(1 for due in self.waiting if now - due > self.goal)
        if self.errors or self.above + waiting > LATE_SHARE * self.planned:
            self.stopped = True
            self.planned = self.due
            self.waiting.clear()

    def _tick(self) -> None:
        now = self.loop.time()
        while self.due < self.planned and (due := self.start + self.times[self.due]) <= now:
            self.due += 1
            self.late.append(now - due)
            if self.idle:
                self.begin(self.idle.pop(), due)
            else:
                self.waiting.append(due)
                self.grow()
        if self.due < self.planned:
            self.loop.call_at(self.start + self.times[self.due], self._tick)


class _Recorded(_Open):
    def __init__(self, target: Target, connections: int, timeout_seconds: float, goal_ms: float | None) -> None:
        super().__init__(target, connections, timeout_seconds, goal_ms)
        self.sent = array("d")

    def begin(self, connection: Connection, intended: float) -> None:
        now = self.loop.time()
        self.sent.append(now - self.start)
        super().begin(connection, now)
