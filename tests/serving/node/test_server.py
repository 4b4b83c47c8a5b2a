"""The watch over a real server: one that stands still is ended with all that it started, and started again."""

import signal
from pathlib import Path

import psutil
import pytest

from serving.backends import NAMES, Launch, make
from serving.node.server import Limits, ModelServer, Sample, State
from tests.serving.archives import misbehaving
from tests.serving.node.world import until
from tests.serving.servers import START_SECONDS, free_port

LIMITS = Limits(pings=2, backoff_seconds=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_stands_still_is_replaced_by_one_that_predicts(name: str, tmp_path: Path) -> None:
    archive = misbehaving(tmp_path)
    launch = Launch(archive=archive, work=tmp_path / name, host="127.0.0.1", port=free_port(), workers=1)
    sample = Sample.of(archive, "mischief")
    server = ModelServer(make(name, launch), sample, launch.port, launch.work, LIMITS)
    try:
        server.start()
        server.wait()
        still = psutil.Process(server.backend.pid)
        family = [still, *still.children(recursive=True)]
        still.send_signal(signal.SIGSTOP)
        until(lambda: server.look() is State.DOWN, seconds=30)
        assert server.reason == "/ping failed 2 times in a row"
        _, left = psutil.wait_procs(family, timeout=60)
        assert left == []
        until(lambda: server.look() is State.READY, seconds=START_SECONDS)
        assert sample.predict("127.0.0.1", launch.port, seconds=10) is None
    finally:
        server.backend.stop()
