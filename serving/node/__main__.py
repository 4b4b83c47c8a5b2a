"""`python -m serving.node`: the node as systemd runs it on an instance."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from serving import backends
from serving.errors import ServingError
from serving.node import agent
from serving.node.boot import Booted, Make, boot
from serving.node.logs import journal, to_cloud
from serving.node.settings import NodeSettings

log = logging.getLogger("serving.node")
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(settings: NodeSettings, make: Make, announce: Callable[[Booted], None] | None = None) -> None:
    """Boot, tell who wants to know, then watch until SIGTERM or SIGINT, and drain. Raises ServingError."""
    stop, serves = threading.Event(), threading.Event()

    def leave(number: int, frame: FrameType | None) -> None:
        stop.set()
        # Before it serves there is nothing to drain. From then on only the agent's way out leaves nothing behind.
        if not serves.is_set():
            raise SystemExit(128 + number)

    for number in SIGNALS:
        signal.signal(number, leave)
    booted = boot(settings, make, serves=serves.set)
    if announce:
        announce(booted)
    agent.run(booted, settings.drain_seconds, stop)


def main(make: Make = backends.make) -> int:
    """The exit code; what went wrong is one line in the journal, and in CloudWatch Logs where there is a group."""
    journal()
    try:
        settings = NodeSettings.read()
        to_cloud(settings)
        run(settings, make)
    except ServingError as error:
        log.error("%s", error)
        return error.exit_code
    finally:
        logging.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
