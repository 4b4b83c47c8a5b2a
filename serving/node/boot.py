"""The one way to start a node: fetch and verify, start, a real prediction, the hook, the registry."""

import logging
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from serving.backends import Backend, Launch
from serving.errors import InputError, ServingError
from serving.node import fetch
from serving.node.cloud import CloudError
from serving.node.documents_process import Documents
from serving.node.place import Place
from serving.node.server import Limits, ModelServer, Sample
from serving.node.settings import NodeSettings

log = logging.getLogger(__name__)
Make = Callable[[str, Launch], Backend]


@dataclass(frozen=True, kw_only=True)
class Booted:
    """A node that serves: its server, the worker of its documents, which the agent starts, and its place.

    `entered` is whether it takes requests already, `seconds` how long it took.
    """

    server: ModelServer
    documents: Documents
    place: Place | None
    entered: bool
    seconds: float


def boot(
    settings: NodeSettings, make: Make, limits: Limits | None = None, serves: Callable[[], None] = lambda: None
) -> Booted:
    """Start the node. Where it cannot start, its group is told so, and the ServingError goes on.

    `serves` is called once the server predicts, before anybody is told of the node.
    """
    began = time.monotonic()
    place = Place.of(settings)
    server, entered = None, False
    try:
        server = _server(settings, make, limits or Limits(start_seconds=settings.start_seconds))
        server.start()
        server.wait()
        serves()
        if place:
            place.ready()
            # An instance on its way into a warm pool takes no requests yet.
            entered = place.wanted() and _enter(place)
    except BaseException as error:
        if server:
            server.backend.stop()
        # A stop from outside is no failure: systemd starts the node again, and the hook still waits.
        if place and isinstance(error, Exception):
            place.give_up()
        raise
    took = time.monotonic() - began
    log.info("ready after %.1f s: %s on port %d", took, settings.model, settings.port)
    return Booted(server=server, documents=Documents(settings), place=place, entered=entered, seconds=took)


def _enter(place: Place) -> bool:
    """Whether it stands in the registry; where that cannot be reached the agent tries again."""
    try:
        place.enter()
    except CloudError as error:
        log.error("%s", error)
        return False
    return True


def _server(settings: NodeSettings, make: Make, limits: Limits) -> ModelServer:
    archive = fetch.archive(settings.archive, settings.archive_sha256, settings.state / "archives", settings.region)
    sample = Sample.of(archive, settings.model)
    _check_port(settings.host, settings.port)
    work = settings.state / "work"
    try:
        # What an earlier run left may be half written.
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
    except OSError as error:
        reason = f"it cannot be made ({error.strerror})"
        raise ServingError(str(work), reason, "free space there or set BREAKEVEN_STATE") from None
    launch = Launch(
        archive=archive,
        work=work,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        threads=settings.threads,
        device=settings.device,
    )
    return ModelServer(make(settings.backend, launch), sample, settings.port, work, limits)


def _check_port(host: str, port: int) -> None:
    """Another server there would answer in the place of this one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(f"port {port}", f"not to be had ({error.strerror})", "free it or take another") from None
