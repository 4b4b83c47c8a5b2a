"""The front process of the batcher: HTTP by uvicorn, one queue, and the workers that are given its batches.

Run as `python -m serving.backends.batcher_front FOLDER`; `FOLDER/launch.json` says what is served and where.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from serving.backends.batcher_workers import Worker, stop_all
from serving.backends.batching import Queue
from serving.handlers.types import Item, Reply, encoded, media_type, refusal

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
STATUS: Final = "/status"
LOCAL: Final = ("127.0.0.1", "::1")


class Application:
    """POST /predictions/<model> and GET /ping, as TorchServe has them; GET /status for this machine only."""

    def __init__(self, queue: Queue, workers: list[Worker], about: Mapping[str, Any]) -> None:
        self._queue, self._workers = queue, workers
        self._path = f"/predictions/{about['name']}"
        self._most = about["most_body_bytes"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        path, counts = scope["path"].rstrip("/"), self._queue.counts
        if path != self._path:
            await _answer(send, self._other(scope, path))
            return
        counts.in_flight += 1
        try:
            status = await self._predicted(scope, receive, send)
        finally:
            counts.in_flight -= 1
        counts.requests += 1
        counts.errors += status >= 500

    def _other(self, scope: Scope, path: str) -> Reply:
        ready = sum(worker.ready for worker in self._workers)
        if path == "/ping":
            return Reply(200, b'{"status":"Healthy"}') if ready else refusal(503, "No worker is ready.")
        if path == STATUS and (scope.get("client") or ("",))[0] in LOCAL:
            return Reply(200, encoded({**asdict(self._queue.counts), "workers": ready}))
        return refusal(404, f"There is no {path[:80]}; predictions are at {self._path}.")

    async def _predicted(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer one request; its status."""
        item = await self._item(scope, receive)
        if isinstance(item, Reply):
            await _answer(send, item)
            return item.status
        async with aclosing(self._queue.predict(item)) as replies:
            first = await anext(replies)
            if not first.more:
                await _answer(send, first)
            else:
                await _unless(_gone(receive), _stream(send, first, replies))
        return first.status

    async def _item(self, scope: Scope, receive: Receive) -> Item | Reply:
        if scope["method"] != "POST":
            return refusal(405, "Predictions are asked for with POST.", Allow="POST")
        headers = dict(scope["headers"])
        body = None if _announced(headers) > self._most else await self._body(receive)
        if body is None:
            return refusal(413, f"The body is above {self._most} bytes.")
        return Item(body, media_type(headers.get(b"content-type", b"").decode("latin-1")))

    async def _body(self, receive: Receive) -> bytes | None:
        parts, size = [], 0
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._most:
                return None
            if not message.get("more_body"):
                return b"".join(parts)


def main() -> None:
    """Serve until SIGTERM; what is in flight then is answered."""
    folder = Path(sys.argv[1])
    asyncio.run(_serve(folder, json.loads((folder / "launch.json").read_text(encoding="utf-8"))))


async def _serve(folder: Path, about: Mapping[str, Any]) -> None:
    import uvicorn

    serving = about["serving"]
    queue = Queue(
        batch_size=serving["batch_size"], delay_ms=serving["max_batch_delay_ms"], queue_size=serving["queue_size"]
    )
    workers = [Worker(folder, serving["response_timeout_seconds"]) for _ in range(about["workers"])]
    tasks = [asyncio.create_task(_work(queue, worker)) for worker in workers]
    config = uvicorn.Config(
        Application(queue, workers, about), host=about["host"], port=about["port"], lifespan="off",
        log_level="warning", access_log=False, server_header=False, date_header=False, timeout_graceful_shutdown=60,
    )  # fmt: skip
    try:
        await uvicorn.Server(config).serve()
    finally:
        for task in tasks:
            task.cancel()
        stop_all(workers)


async def _work(queue: Queue, worker: Worker) -> None:
    await worker.start()
    await queue.serve(worker)


async def _answer(send: Send, reply: Reply) -> None:
    await send(_start(reply, (b"content-length", str(len(reply.body)).encode())))
    await send({"type": "http.response.body", "body": reply.body})


async def _stream(send: Send, first: Reply, rest: AsyncGenerator[Reply, None]) -> None:
    """Each part as it comes; uvicorn sends what has no length in chunks."""
    await send(_start(first))
    await send({"type": "http.response.body", "body": first.body, "more_body": True})
    async for reply in rest:
        await send({"type": "http.response.body", "body": reply.body, "more_body": reply.more})


def _start(reply: Reply, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    headers = [(b"content-type", reply.content_type.encode()), *more]
    headers += [(k.lower().encode(), v.encode()) for k, v in reply.headers.items()]
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


async def _gone(receive: Receive) -> None:
    """Until the reader has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unless(ends: Coroutine[Any, Any, None], work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or stop in the midst of it when the other one ends first."""
    tasks = [asyncio.create_task(ends), asyncio.create_task(work)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _announced(headers: Mapping[bytes, bytes]) -> int:
    found = headers.get(b"content-length", b"0")
    return int(found) if found.isdigit() else 0


if __name__ == "__main__":
    main()
