"""What both loops share: connections and their replacement, requests that take too long, counting."""

import asyncio
import ssl
from array import array
from collections import Counter
from typing import Final

from serving.client.errors import EndpointError
from serving.load.connection import Connection
from serving.load.result import Latency, Run
from serving.load.target import Target

SWEEP_SECONDS: Final = 0.02
RECONNECT_SECONDS: Final = 0.05
CONNECT_SECONDS: Final = 5.0


class Traffic:
    """Requests to one target over a set of connections; a loop says when a free connection is used again."""

    def __init__(self, target: Target, connections: int, timeout_seconds: float) -> None:
        self.target, self.most, self.timeout = target, connections, timeout_seconds
        self.request = target.request
        self.connections: set[Connection] = set()
        self.connecting: set[asyncio.Task[None]] = set()
        self.latencies = array("d")
        self.errors: Counter[str] = Counter()
        self.under_way = self.requests = self.received = 0
        self.start = self.last = 0.0

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        return asyncio.get_running_loop()

    def ready(self, connection: Connection) -> None:
        """A connection is free."""
        raise NotImplementedError

    def may_connect(self) -> bool:
        """Whether one more connection is wanted."""
        raise NotImplementedError

    def is_over(self) -> bool:
        """Whether everything is sent and answered."""
        raise NotImplementedError

    def answered(self, latency: float) -> None:
        """A 2xx came after `latency` seconds."""

    async def open(self, count: int) -> None:
        """Open the first connections; raises EndpointError when nobody is there."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                for _ in range(count):
                    await self._connect()
        except (OSError, TimeoutError) as error:
            reason = (
                f"no connection ({error.strerror if isinstance(error, OSError) and error.strerror else 'too slow'})"
            )
            raise EndpointError(self.target.url, reason, "check the address, and that the server runs") from error

    def begin(self, connection: Connection, intended: float) -> None:
        """Send the request that was due at `intended`."""
        self.under_way += 1
        self.requests += 1
        connection.send(self.request, intended, self.loop.time())

    def done(self, connection: Connection, status: int, received: int) -> None:
        """Count an answer, or the lack of one."""
        now = self.loop.time()
        self.last = now
        self.under_way -= 1
        self.received += received
        if 200 <= status < 300:
            self.latencies.append(now - connection.intended)
            self.answered(now - connection.intended)
        else:
            self.errors[str(status) if status else "timeout" if connection.overdue else "broken"] += 1
        if connection.reusable:
            self.ready(connection)

    def gone(self, connection: Connection) -> None:
        """A connection is closed; another takes its place where one is wanted."""
        self.connections.discard(connection)
        self.grow()

    def grow(self) -> None:
        """Open one more connection if one is wanted."""
        if self.may_connect():
            task = self.loop.create_task(self._replace())
            self.connecting.add(task)

    def sweep(self, now: float) -> None:
        """Drop what takes too long."""
        for one in tuple(self.connections):
            if one.busy and now - one.sent > self.timeout:
                one.overdue = True
                one.abort()

    async def drain(self) -> None:
        """Wait until the load is over, then close everything."""
        while not self.is_over():
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(self.loop.time())
        await self._close()

    async def _close(self) -> None:
        for task in tuple(self.connecting):
            task.cancel()
        await asyncio.gather(*self.connecting, return_exceptions=True)
        for one in tuple(self.connections):
            one.abort()
        await asyncio.sleep(0)  # the transports close in the next round of the loop

    def result(
        self, rate: float | None, seconds: float, *, late: "array[float] | None" = None, stopped: bool = False
    ) -> Run:
        """What was found."""
        behind = Latency.of(late) if late else None
        return Run(
            asked_per_second=rate,
            concurrency=self.most,
            seconds=seconds,
            answered=len(self.latencies),
            latency=Latency.of(self.latencies),
            errors=dict(self.errors),
            bytes_sent=self.requests * len(self.request),
            bytes_received=self.received,
            generator_late_ms=behind.p99_ms if behind else 0.0,
            stopped=stopped,
        )

    async def _replace(self) -> None:
        task = asyncio.current_task()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await self._connect()
        except (OSError, TimeoutError):
            self.refused()
            await asyncio.sleep(RECONNECT_SECONDS)
            connection = None
        finally:
            if task is not None:
                self.connecting.discard(task)
        if connection is not None and connection.reusable:
            self.ready(connection)
        else:
            self.grow()

    def refused(self) -> None:
        """A connection could not be made."""
        self.errors["refused"] += 1

    async def _connect(self) -> Connection:
        host, port = self.target.address
        context = ssl.create_default_context() if self.target.tls else None
        _, connection = await self.loop.create_connection(
            lambda: Connection(self.done, self.gone), host, port, ssl=context
        )
        self.connections.add(connection)
        return connection
