"""Dynamic batching: requests wait in one queue; each worker that is free takes as many as it predicts together."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from serving.handlers.types import Item, Reply, refusal


class Predicts(Protocol):
    """A worker, as the queue sees it."""

    async def predict(self, items: list[Item], tell: Callable[[int, Reply], None]) -> None:
        """Tell the replies to a batch by the index of their item, each item's last without `more`; never raises."""
        ...

    def drop(self, index: int) -> None:
        """Nobody reads the replies to an item of the batch in hand any more."""
        ...


@dataclass
class Counts:
    """What has been asked and how long it took; times are sums, in microseconds."""

    requests: int = 0
    errors: int = 0
    in_flight: int = 0
    queue_us: int = 0
    latency_us: int = 0


@dataclass
class Waiting:
    """A request in the queue, later in a batch; `leave` is called when its reader goes before its end."""

    item: Item
    replies: "asyncio.Queue[Reply]" = field(default_factory=asyncio.Queue)
    came: float = field(default_factory=time.perf_counter)
    left: bool = False
    leave: Callable[[], None] = lambda: None


class Queue:
    """All of it belongs to one event loop."""

    def __init__(self, *, batch_size: int, delay_ms: float, queue_size: int) -> None:
        self.counts = Counts()
        self._batch_size, self._delay, self._queue_size = batch_size, delay_ms / 1000, queue_size
        self._waiting: deque[Waiting] = deque()
        self._arrived = asyncio.Condition()

    async def predict(self, item: Item) -> AsyncGenerator[Reply, None]:
        """The reply to one request, or its parts; 503 at once when the queue is full. Close it to leave early."""
        if len(self._waiting) >= self._queue_size:
            yield refusal(503, "The queue is full; try again in a second.", Retry_After="1")
            return
        one = Waiting(item)
        self._waiting.append(one)
        try:
            async with self._arrived:
                self._arrived.notify()
            while True:
                reply = await one.replies.get()
                yield reply
                if not reply.more:
                    break
        finally:
            one.left = True
            one.leave()

    async def serve(self, worker: Predicts) -> None:
        """Give a worker batch after batch, for ever."""
        while True:
            batch = await self._batch()
            if batch:
                await self._predict(worker, batch, time.perf_counter())

    async def _predict(self, worker: Predicts, batch: list[Waiting], start: float) -> None:
        def tell(index: int, reply: Reply) -> None:
            one = batch[index]
            one.replies.put_nowait(reply)
            if reply.more:
                one.leave = lambda: worker.drop(index)
                if one.left:
                    one.leave()
                return
            one.leave = lambda: None
            self.counts.queue_us += int((start - one.came) * 1e6)
            self.counts.latency_us += int((time.perf_counter() - one.came) * 1e6)

        await worker.predict([one.item for one in batch], tell)

    async def _batch(self) -> list[Waiting]:
        """What is to be predicted together: a full batch at once, else what there is after the delay."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: bool(self._waiting))
        if len(self._waiting) < self._batch_size and self._delay:
            await asyncio.sleep(self._delay)
        taken = [self._waiting.popleft() for _ in range(min(self._batch_size, len(self._waiting)))]
        return [one for one in taken if not one.left]  # without callers that gave up
