"""The node's loop: what the instance, its group and its server say, and what is done about it.

The order of leaving is always the same: no new documents, out of the registry, a pause in which callers learn of it,
wait for documents and what is in flight, complete the hook, stop the server.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from serving.errors import ServingError
from serving.node.boot import Booted
from serving.node.place import Place
from serving.node.publish import Publisher
from serving.node.registrar import Registrar
from serving.node.server import ModelServer, State

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often the agent looks, publishes and tidies the registry, and how long callers take to see an entry go."""

    look_seconds: float = 5
    publish_seconds: float = 60
    tidy_seconds: float = 60
    settle_seconds: float = 10


def run(booted: Booted, drain_seconds: float, stop: threading.Event, pace: Pace | None = None) -> None:
    """Watch a node until `stop` is set, then drain it.

    Returns early when the instance has left service and is wanted again: started anew, it passes its hook again.
    Raises ServingError when the server is lost and there is no group to replace the instance.
    """
    pace = pace or Pace()
    if booted.place:
        _Instance(booted, booted.place, drain_seconds, pace).run(stop)
        return
    try:
        while not stop.is_set():
            if booted.server.look() is State.LOST:
                raise booted.server.error()
            booted.documents.look()
            stop.wait(pace.look_seconds)
    finally:
        booted.documents.leave()
        booted.documents.wait()
        _end(booted.server, drain_seconds)


class _Instance:
    """A node that is an instance of a group."""

    def __init__(self, booted: Booted, place: Place, drain_seconds: float, pace: Pace) -> None:
        self._server, self._documents = booted.server, booted.documents
        self._place, self._drain_seconds, self._pace = place, drain_seconds, pace
        self._registrar = Registrar(place, entered=booted.entered)
        given = place.settings
        self._publisher = Publisher(namespace=given.metric_namespace, group=given.group, region=given.region)
        self._left = self._unhealthy = self._completed = False
        self._rebalance = ""
        self._timed = ((_Every(pace.publish_seconds), self._publish), (_Every(pace.tidy_seconds), self._registrar.tidy))

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop, or until a node that has left is wanted again."""
        try:
            while not stop.is_set() and not self._wanted_again():
                self._look()
                stop.wait(self._pace.look_seconds)
        finally:
            # SIGTERM is also how an instance that is ended by hand, or stopped into a warm pool, says good-bye.
            self._leave()

    def _look(self) -> None:
        """One round. What AWS refuses or does not answer is logged, and tried again in the next round."""
        _guarded(self._look_at_signals)
        if self._left:
            if self._registrar.listed:  # it could not leave when it wanted to
                _guarded(self._registrar.leave)
            _guarded(self._complete)
            return
        state = self._server.look()
        if state is State.LOST and not self._unhealthy:
            log.error("the server is lost: the instance reports itself unhealthy, and the group replaces it")
            _guarded(self._report_unhealthy)
        _guarded(lambda: self._registrar.settle(state is State.READY))
        # An instance on its way into a warm pool takes no documents either.
        if self._registrar.entered:
            self._documents.look()
        for every, work in self._timed:
            if every.due():
                _guarded(work)

    def _look_at_signals(self) -> None:
        metadata = self._place.metadata
        notice, recommended = metadata.spot_notice(), metadata.rebalance()
        if recommended and recommended != self._rebalance:
            # To go now would only cost capacity: the group starts another first, and then ends this one by the hook.
            log.warning("an interruption is likely (%s): serving on until the group replaces the instance", recommended)
            self._rebalance = recommended
        if notice and not self._unhealthy:
            log.warning("EC2 takes this spot instance back at %s: leaving", notice)
            # The group takes an unhealthy instance from its load balancer and starts another at once.
            _guarded(self._report_unhealthy)
        target = self._place.target_state() or ""
        ends = bool(notice) or target.startswith("Terminated")
        if ends or (self._registrar.entered and not self._place.wanted()):
            self._leave()

    def _report_unhealthy(self) -> None:
        self._place.group.set_unhealthy()
        self._unhealthy = True

    def _publish(self) -> None:
        if self._server.state is State.READY:
            self._publisher.publish(self._server.backend.metrics())

    def _wanted_again(self) -> bool:
        """Back from standby or a warm pool, with its server stopped."""
        if not self._left or self._unhealthy:
            return False
        try:
            return self._place.wanted()
        except ServingError:
            return False

    def _leave(self) -> None:
        if self._left:
            return
        self._left = True
        self._documents.leave()
        _guarded(self._registrar.leave)
        time.sleep(self._pace.settle_seconds)
        self._documents.wait()
        _end(self._server, self._drain_seconds)
        _guarded(self._complete)

    def _complete(self) -> None:
        """The hook waits only once the group ends the instance, which may be after it has drained: asked each round."""
        if not self._completed:
            self._completed = self._place.drained()


class _Every:
    """Due once in so many seconds; first after a full wait."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, time.monotonic()

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


def _end(server: ModelServer, drain_seconds: float) -> None:
    """Wait for what is in flight, then stop."""
    if server.backend.alive():
        rest = server.backend.drain(drain_seconds)
        if rest:
            log.error("%d requests were still in flight after %.0f s", rest, drain_seconds)
    server.backend.stop()
    log.info("drained and stopped")


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except ServingError as error:
        log.error("%s", error)
