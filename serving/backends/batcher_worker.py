"""One worker process of the batcher: an ASGI application on a socket that its parent listens on.

Run as `python -m serving.backends.batcher_worker FOLDER ROW`; `FOLDER/launch.json` holds the rest.
"""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from serving.backends.batching import Batches
from serving.backends.board import Board
from serving.handlers.types import Item, Reply, refusal

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Application:
    """POST /predictions/<model> and GET /ping, as TorchServe has them."""

    def __init__(self, batches: Batches, board: Board, row: int, about: Mapping[str, Any]) -> None:
        self._batches, self._board, self._row = batches, board, row
        self._path = f"/predictions/{about['name']}"
        self._most = about["most_body_bytes"]
        self._seconds = about["serving"]["response_timeout_seconds"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        self._board.add(self._row, "in_flight", 1)
        try:
            reply = await self._reply(scope, receive)
            await _answer(send, reply)
        finally:
            self._board.add(self._row, "in_flight", -1)
        if scope["path"] != "/ping":
            self._board.add(self._row, "requests", 1)
            self._board.add(self._row, "errors", int(reply.status >= 500))

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        if scope["path"] == "/ping":
            return Reply(200, b'{"status":"Healthy"}')
        if scope["path"].rstrip("/") != self._path:
            return refusal(404, f"There is no {scope['path'][:80]}; predictions are at {self._path}.")
        if scope["method"] != "POST":
            return refusal(405, "Predictions are asked for with POST.", Allow="POST")
        body = None if _announced(scope) > self._most else await self._body(receive)
        if body is None:
            return refusal(413, f"The body is above {self._most} bytes.")
        try:
            return await asyncio.wait_for(self._batches.predict(Item(body, _content_type(scope))), self._seconds)
        except TimeoutError:
            return refusal(504, f"No prediction within {self._seconds} seconds.")

    async def _body(self, receive: Receive) -> bytes | None:
        parts, size = [], 0
        while True:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size > self._most:
                return None
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)


def main() -> None:
    """Load the model, then serve until SIGTERM."""
    folder, row = Path(sys.argv[1]), int(sys.argv[2])
    about = json.loads((folder / "launch.json").read_text(encoding="utf-8"))
    board = Board(folder / "board", about["workers"])
    board.clear(row)
    board.put(row, "pid", os.getpid())
    from serving.handlers.adapter import predictor

    loaded = predictor(folder / "model", about["gpu"])
    sample = (folder / "model" / about["sample"]).read_bytes()
    loaded.predict([Item(sample, about["sample_type"])])
    asyncio.run(_serve(Application, loaded, board, row, about))


async def _serve(application: type[Application], loaded: Any, board: Board, row: int, about: Mapping[str, Any]) -> None:
    import uvicorn

    serving = about["serving"]
    batches = Batches(
        loaded, board, row,
        batch_size=serving["batch_size"], delay_ms=serving["max_batch_delay_ms"],
        queue_size=max(1, serving["queue_size"] // about["workers"]),
    )  # fmt: skip
    config = uvicorn.Config(
        application(batches, board, row, about), log_level="warning", access_log=False, lifespan="off",
        timeout_graceful_shutdown=60, server_header=False, date_header=False,
    )  # fmt: skip
    work = asyncio.get_running_loop().create_task(batches.run())
    board.put(row, "ready", 1)
    await uvicorn.Server(config).serve(sockets=[socket.socket(fileno=about["socket"])])
    work.cancel()


async def _answer(send: Send, reply: Reply) -> None:
    headers = [(b"content-type", reply.content_type.encode()), (b"content-length", str(len(reply.body)).encode())]
    headers += [(k.lower().encode(), v.encode()) for k, v in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def _announced(scope: Scope) -> int:
    found = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
    return int(found) if found.isdigit() else 0


def _content_type(scope: Scope) -> str:
    found = next((v for k, v in scope["headers"] if k == b"content-type"), b"application/octet-stream")
    return str(found.decode("latin-1")).partition(";")[0].strip().lower()


if __name__ == "__main__":
    time.tzset()
    main()
