"""The entry on this machine: the routes and proofs of the emulated API, before the real model server."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from infra import emulator
from infra.sandbox import signature

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
MOST_BODY_BYTES: Final = 10 * 1024 * 1024  # the most that API Gateway takes
SECONDS: Final = 30.0  # the most that it waits
PING: Final = "/ping"
# What concerns one connection alone, or is made anew.
OWN: Final = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding", "authorization"})


class Entry:
    """An ASGI application; `address()` says where predictions are made now, empty where nowhere."""

    def __init__(self, address: Callable[[], str]) -> None:
        import httpx2

        self._address = address
        self._client = httpx2.AsyncClient(timeout=SECONDS, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"].rstrip("/")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        route = emulator.route(method, path)
        if route is None:
            return await _say(send, 404, f"Not Found: no deployed API has {method} {path}")
        body = await _body(receive)
        if body is None:
            return await _say(send, 413, "Request Too Long")
        query = scope["query_string"].decode("latin-1")
        refusal = refused(route, method, path + (f"?{query}" if query else ""), headers, body)
        if refusal:
            return await _say(send, 401 if route.proof == "jwt" else 403, refusal)
        return await self._forward(method, path, headers, body, send)

    async def _forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes, send: Send) -> None:
        """What the model server answers, each part as it comes."""
        import httpx2

        address = self._address()
        if not address:
            return await _say(send, 503, "Service Unavailable: no instance serves yet")
        target = address.partition("/predictions/")[0] + PING if path == PING else address
        kept = {name: value for name, value in headers.items() if name not in OWN}
        begun = False
        try:
            async with self._client.stream(method, target, headers=kept, content=body) as answer:
                rows = [(n.encode(), v.encode()) for n, v in answer.headers.items() if n not in OWN]
                begun = True
                await send({"type": "http.response.start", "status": answer.status_code, "headers": rows})
                async for part in answer.aiter_raw():
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except httpx2.HTTPError as error:
            if begun:
                raise
            late = isinstance(error, httpx2.ReadTimeout)
            await _say(send, 504 if late else 503, "Endpoint request timed out" if late else "Service Unavailable")


def refused(route: emulator.Route, method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
    """Why a call is not let in, empty where it is. Of a JWT only the presence is seen."""
    if route.proof == "iam":
        return signature.wrong(method, target, headers, body, route.region)
    if route.proof == "api-key":
        return "" if headers.get("x-api-key") in route.keys else "Forbidden"
    if route.proof == "jwt":
        return "" if headers.get("authorization", "").startswith("Bearer ") else "Unauthorized"
    return ""


@contextmanager
def served(application: Entry) -> Iterator[str]:
    """Serve it on a free port of 127.0.0.1, in a thread; its address."""
    import socket

    import uvicorn

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        application, lifespan="off", log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


async def _body(receive: Receive) -> bytes | None:
    """None above what API Gateway takes."""
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _say(send: Send, status: int, message: str) -> None:
    body = json.dumps({"message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
