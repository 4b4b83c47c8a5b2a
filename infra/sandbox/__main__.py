"""`python -m infra.sandbox PROJECT STACK`: the background process, until SIGTERM or until its folder is gone."""

import os
import signal
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

from infra import emulator
from infra.sandbox.entry import Entry, served
from infra.sandbox.node import Node, order
from infra.sandbox.place import WORK, Place, Running
from infra.sandbox.processes import started_at

LOOK_SECONDS: Final = 0.3


def main() -> None:
    """Play the account, and serve what its instances are told to serve."""
    place = Place(project=Path(sys.argv[1]), stack=sys.argv[2])
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # TorchServe makes sockets there, whose paths may have 100 bytes; a project's folder may be deeper.
    with emulator.emulator() as aws, tempfile.TemporaryDirectory(prefix=WORK, ignore_cleanup_errors=True) as work:
        os.environ |= aws
        node = Node(Path(work), lambda pid: _note(place, pid))
        with served(Entry(lambda: node.address(order(emulator.start_scripts())))) as address:
            me, url = os.getpid(), aws["AWS_ENDPOINT_URL"]
            place.write(Running(pid=me, started=started_at(me), aws=url, entry=address, work=work))
            try:
                while not stop.wait(LOOK_SECONDS) and _is_ours(place):
                    node.keep(order(emulator.start_scripts()))
            finally:
                node.stop()


def _note(place: Place, pid: int) -> None:
    """Write down the node, so that it is found when this process is killed."""
    found = place.running()
    if found is not None:
        place.write(replace(found, node=pid, node_started=started_at(pid) if pid else 0.0))


def _is_ours(place: Place) -> bool:
    found = place.running()
    return found is not None and found.pid == os.getpid()


main()
