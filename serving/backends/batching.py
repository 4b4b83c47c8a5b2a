"""Dynamic batching: requests wait for company, at most so long, and go to the predictor together."""

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from serving.backends.board import Board
from serving.handlers.types import Item, Predictor, Reply, isolated, refusal

MICRO = 1_000_000
Waiting = tuple[Item, "asyncio.Future[Reply]", float]


class Batches:
    """The queue of one worker. Every method is the event loop's; predictions run in one thread beside it."""

    def __init__(
        self, predictor: Predictor, board: Board, row: int, *, batch_size: int, delay_ms: float, queue_size: int
    ) -> None:
        self._predictor, self._board, self._row = predictor, board, row
        self._batch_size, self._delay, self._queue_size = batch_size, delay_ms / 1000, queue_size
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1)

    async def predict(self, item: Item) -> Reply:
        """The reply to one request; 503 at once when the queue is full."""
        if len(self._queue) >= self._queue_size:
            return refusal(503, "The queue is full; try again in a second.", Retry_After="1")
        done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._queue.append((item, done, time.perf_counter()))
        self._arrived.set()
        return await done

    async def run(self) -> None:
        """Batch for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            if len(self._queue) < self._batch_size and self._delay:
                await asyncio.sleep(self._delay)
            batch = [self._queue.popleft() for _ in range(min(self._batch_size, len(self._queue)))]
            if not self._queue:
                self._arrived.clear()
            batch = [one for one in batch if not one[1].done()]  # callers that gave up
            if batch:
                await self._predict(batch, loop)

    async def _predict(self, batch: list[Waiting], loop: asyncio.AbstractEventLoop) -> None:
        start = time.perf_counter()
        self._board.put(self._row, "busy_since_us", int(time.monotonic() * MICRO))
        items = [item for item, _, _ in batch]
        replies = await loop.run_in_executor(self._thread, isolated, self._predictor, items)
        self._board.put(self._row, "busy_since_us", 0)
        end = time.perf_counter()
        self._board.add(self._row, "batches", 1)
        for (_, done, came), reply in zip(batch, replies, strict=True):
            self._board.add(self._row, "queue_us", int((start - came) * MICRO))
            self._board.add(self._row, "latency_us", int((end - came) * MICRO))
            if not done.done():
                done.set_result(reply)
