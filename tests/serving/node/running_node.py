"""A node whose agent runs in a thread, with a server that starts at once."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from serving.errors import ServingError
from serving.node import agent
from serving.node.boot import Booted, boot
from serving.node.server import Limits
from tests.serving.node.small_backend import SmallBackend, make
from tests.serving.node.world import World, changed

PACE = agent.Pace(look_seconds=0.05, publish_seconds=0.5, tidy_seconds=0.3, settle_seconds=0.3)
LIMITS = Limits(start_seconds=10, pings=2, restarts=2, backoff_seconds=0.05)


class Node:
    """A booted node whose agent runs in a thread."""

    def __init__(self, world: World, done: Booted) -> None:
        self.world, self.booted = world, done
        self.stop = threading.Event()
        self.failed: ServingError | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    @property
    def backend(self) -> SmallBackend:
        found = self.booted.server.backend
        assert isinstance(found, SmallBackend)
        return found

    def post(self, body: bytes) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.world.settings.port, timeout=60)
        try:
            connection.request("POST", "/predictions/small", body)
            return connection.getresponse().status
        finally:
            connection.close()

    def die(self) -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            self.post(b"die")

    def _run(self) -> None:
        try:
            agent.run(self.booted, self.world.settings.drain_seconds, self.stop, PACE)
        except ServingError as error:
            self.failed = error


@contextmanager
def running(world: World, **settings: object) -> Iterator[Node]:
    node = Node(world, boot(changed(world.settings, **settings), make, LIMITS))
    try:
        yield node
    finally:
        node.stop.set()
        node.thread.join(timeout=60)
        node.backend.stop()
