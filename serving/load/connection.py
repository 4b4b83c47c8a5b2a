"""One HTTP/1.1 connection that makes one request at a time, with as little work per request as Python allows.

The generator shares its machine with the server under test: no futures, no tasks, no header objects; the request is
bytes made once, and of the answer only the status and the length are read.
"""

import asyncio
from collections.abc import Callable
from typing import Final

CHUNKED: Final = -2
UNTIL_CLOSE: Final = -1

# Called with the status (0: the connection broke or the answer is no HTTP) and the bytes received.
Done = Callable[["Connection", int, int], None]
Lost = Callable[["Connection"], None]


class Connection(asyncio.Protocol):
    """A connection; `intended` and `sent` are the loop's times of the request under way.

    `reusable` says whether the next request may follow, `overdue` whether it was dropped for taking too long.
    """

    __slots__ = (
        "_body_at",
        "_buffer",
        "_done",
        "_length",
        "_lost",
        "_transport",
        "busy",
        "intended",
        "overdue",
        "reusable",
        "sent",
    )

    def __init__(self, done: Done, lost: Lost) -> None:
        self._done, self._lost = done, lost
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._body_at, self._length = 0, UNTIL_CLOSE
        self.busy = self.reusable = self.overdue = False
        self.intended = self.sent = 0.0

    def send(self, request: bytes, intended: float, now: float) -> None:
        """Send a request that was due at `intended`."""
        self.busy, self.intended, self.sent = True, intended, now
        self._buffer, self._body_at = b"", 0
        if self._transport is not None:
            self._transport.write(request)

    def abort(self) -> None:
        """Drop the connection; what is under way is lost."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]
        self.reusable = True

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole."""
        self._buffer = self._buffer + data if self._buffer else data
        if not self.busy:  # an answer to nothing
            self.abort()
            return
        if not self._body_at and not self._read_head():
            return
        if self._length >= 0:
            if len(self._buffer) >= self._body_at + self._length:
                self._finish(int(self._buffer[9:12]))
        elif self._length == CHUNKED and _chunks_end(self._buffer, self._body_at):
            self._finish(int(self._buffer[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer without a length ends here; another one is lost."""
        self.reusable = False
        if self.busy:
            whole = exc is None and not self.overdue and self._body_at > 0 and self._length == UNTIL_CLOSE
            self._finish(int(self._buffer[9:12]) if whole else 0)
        self._lost(self)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._buffer[:end].lower()
        if not head.startswith(b"http/1.") or not head[9:12].isdigit():
            self.abort()
            return False
        self._body_at = end + 4
        if b"\r\nconnection: close" in head:
            self.reusable = False
        at = head.find(b"\r\ncontent-length:")
        if at >= 0:
            length = head[at + 17 : (head + b"\r\n").find(b"\r\n", at + 2)].strip()
            self._length = int(length) if length.isdigit() else UNTIL_CLOSE
        else:
            self._length = CHUNKED if b"\r\ntransfer-encoding: chunked" in head else UNTIL_CLOSE
        return True

    def _finish(self, status: int) -> None:
        received, self._buffer, self.busy = len(self._buffer), b"", False
        if not self.reusable and self._transport is not None:
            self._transport.close()
        self._done(self, status, received)


def _chunks_end(buffer: bytes, at: int) -> bool:
    """Whether a chunked body, which begins at `at`, is whole."""
    while True:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return False
        try:
            size = int(buffer[at:line].partition(b";")[0], 16)
        except ValueError:
            return True  # no chunk: let the request end here
        if size == 0:
            return buffer.endswith(b"\r\n\r\n")
        at = line + 2 + size + 2
