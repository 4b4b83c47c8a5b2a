"""Dynamic batching: requests wait in one queue; each worker that is free takes as many as it predicts together."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from serving.handlers.types import Item, Reply, refusal


class Predicts(Protocol):
    """A worker, as the queue sees it."""

    async def predict(self, items: list[Item]) -> list[Reply]:
        """Replies to a batch; never raises."""
        ...


@dataclass
class Counts:
    """What has been asked and how long it took; times are sums, in microseconds."""

    requests: int = 0
    errors: int = 0
    in_flight: int = 0
    queue_us: int = 0
    latency_us: int = 0


@dataclass(frozen=True)
class Waiting:
    """A request in the queue."""

    item: Item
    done: "asyncio.Future[Reply]"
    came: float = field(default_factory=time.perf_counter)


class Queue:
    """All of it belongs to one event loop."""

    def __init__(self, *, batch_size: int, delay_ms: float, queue_size: int) -> None:
        self.counts = Counts()
        self._batch_size, self._delay, self._queue_size = batch_size, delay_ms / 1000, queue_size
        self._waiting: deque[Waiting] = deque()
        self._arrived = asyncio.Condition()

    async def predict(self, item: Item) -> Reply:
        """The reply to one request; 503 at once when the queue is full."""
        if len(self._waiting) >= self._queue_size:
            return refusal(503, "The queue is full; try again in a second.", Retry_After="1")
        one = Waiting(item, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        async with self._arrived:
            self._arrived.notify()
        return await one.done

    async def serve(self, worker: Predicts) -> None:
        """Give a worker batch after batch, for ever."""
        while True:
            batch = await self._batch()
            if not batch:
                continue
            start = time.perf_counter()
            replies = await worker.predict([one.item for one in batch])
            end = time.perf_counter()
            for one, reply in zip(batch, replies, strict=True):
                self.counts.queue_us += int((start - one.came) * 1e6)
                self.counts.latency_us += int((end - one.came) * 1e6)
                if not one.done.done():
                    one.done.set_result(reply)

    async def _batch(self) -> list[Waiting]:
        """What is to be predicted together: a full batch at once, else what there is after the delay."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: bool(self._waiting))
        if len(self._waiting) < self._batch_size and self._delay:
            await asyncio.sleep(self._delay)
        taken = [self._waiting.popleft() for _ in range(min(self._batch_size, len(self._waiting)))]
        return [one for one in taken if not one.done.done()]  # without callers that gave up
