"""An instance as the exact simulation sees it: a queue, batches, workers, each request an object in time."""

from collections import deque
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import simpy

from infra.scaling.server import Server


class Request:
    """One attempt of a client to get an answer; times in seconds of the simulation."""

    __slots__ = ("arrived", "attempt", "born", "open")

    def __init__(self, born: float, arrived: float, attempt: int = 0) -> None:
        self.born, self.arrived, self.attempt = born, arrived, attempt
        self.open = True
        """Whether somebody still waits for the answer."""


class Machine:
    """A server at work. `answered` is called with each request whose batch is done."""

    __slots__ = (
        "_answered",
        "_env",
        "_gathering",
        "_idle",
        "_queue",
        "_random",
        "_round",
        "_running",
        "_worked",
        "dead",
        "outstanding",
        "server",
    )

    def __init__(
        self,
        env: simpy.Environment,
        server: Server,
        random: Random,
        answered: "Callable[[Machine, Request], None]",
    ) -> None:
        self.server = server
        self.outstanding = 0
        self.dead = False
        self._env, self._random, self._answered = env, random, answered
        self._queue: deque[Request] = deque()
        self._gathering: list[Request] | None = None
        self._idle = server.workers
        self._round = 0
        self._running: set[tuple[Request, ...]] = set()
        self._worked = 0.0

    def offer(self, request: Request) -> bool:
        """Take a request in; False where the queue is full."""
        if self._gathering is not None:
            self.outstanding += 1
            self._gathering.append(request)
            if len(self._gathering) == self.server.batch_size:
                self._close()
            return True
        if len(self._queue) >= self.server.queue_limit:
            return False
        self.outstanding += 1
        self._queue.append(request)
        if self._idle:
            self._gather()
        return True

    def inside(self) -> list[Request]:
        """Every request it holds, waiting or at work."""
        return [*self._queue, *(self._gathering or ()), *(one for batch in self._running for one in batch)]

    def die(self) -> Iterable[Request]:
        """End at once; what was inside is lost and returned."""
        lost = self.inside()
        self.dead = True
        self._queue.clear()
        self._running.clear()
        self._gathering = None
        # To the balancer it now looks like the least busy of all, until its health checks fail.
        self.outstanding = 0
        return lost

    def take_busy_seconds(self) -> float:
        """Worker-seconds of the batches begun since this was asked last."""
        worked, self._worked = self._worked, 0.0
        return worked

    def _gather(self) -> None:
        """Let free workers take batches; one that is not full waits, and no other worker gathers meanwhile."""
        while self._idle and self._queue and self._gathering is None:
            self._idle -= 1
            size = self.server.batch_size
            queue = self._queue
            batch = [queue.popleft() for _ in range(min(size, len(queue)))]
            if len(batch) == size or not self.server.batch_delay_seconds:
                self._run(batch)
            else:
                self._gathering = batch
                self._round += 1
                self._later(self.server.batch_delay_seconds, self._waited, self._round)

    def _waited(self, event: Any) -> None:
        if self._gathering is not None and event.value == self._round:
            self._close()

    def _close(self) -> None:
        batch, self._gathering = self._gathering or [], None
        self._run(batch)
        self._gather()

    def _run(self, batch: list[Request]) -> None:
        seconds = self.server.draw_seconds(len(batch), self._random)
        inside = tuple(batch)
        self._running.add(inside)
        self._worked += seconds
        self._later(seconds, self._done, inside)

    def _done(self, event: Any) -> None:
        batch: tuple[Request, ...] = event.value
        if self.dead:
            return
        self._running.discard(batch)
        self.outstanding -= len(batch)
        self._idle += 1
        for request in batch:
            self._answered(self, request)
        self._gather()

    def _later(self, seconds: float, then: Callable[[Any], None], value: Any) -> None:
        self._env.timeout(seconds, value).callbacks.append(then)
