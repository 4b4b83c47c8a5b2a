"""The background process: started in a session of its own, recognised later, ended with all it started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Final

from infra.costs.errors import InputError
from infra.costs.stack import printable
from infra.lifecycle.errors import DeploymentError
from infra.sandbox.environment import without_account
from infra.sandbox.place import Place, Running

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
PAUSE_SECONDS: Final = 0.1
# The clock of processes has hundredths of a second.
SAME_SECONDS: Final = 1.0
PACKAGES: Final = ("moto", "flask", "psutil", "uvicorn", "httpx2", "torch")


def check_installed() -> None:
    """Raises InputError where the extra is missing."""
    from importlib.util import find_spec

    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        reason = f"{missing[0]} is not installed"
        raise InputError("--sandbox", reason, "pip install -e '.[sandbox]', or use scripts/breakeven, which does")


def is_alive(running: Running | None) -> bool:
    """Whether the recorded process still runs, and is no other that was given its number."""
    return running is not None and _is(running.pid, running.started)


def start(place: Place) -> Running:
    """Start it and wait until both its addresses answer; raises DeploymentError. None is left unrecorded."""
    place.make()
    with place.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "infra.sandbox", str(place.project), place.stack],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=place.folder,
            env=dict(without_account()),
        )  # fmt: skip
    try:
        end = time.monotonic() + START_SECONDS
        while True:
            found = place.running()
            if found is not None and found.pid == process.pid:
                return found
            if process.poll() is not None or time.monotonic() > end:
                raise DeploymentError("sandbox", f"it did not start ({_last(place)})", f"see {place.log}")
            time.sleep(PAUSE_SECONDS)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def stop(running: Running | None) -> None:
    """End it, and the model server; SIGTERM first, which drains."""
    if running is None:
        return
    for pid, started in ((running.pid, running.started), (running.node, running.node_started)):
        if pid and _is(pid, started):
            _end(pid, started)


def started_at(pid: int) -> float:
    """When a process was started; 0 for one that is gone."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def _end(pid: int, started: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while _is(pid, started):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
                return
            time.sleep(PAUSE_SECONDS)


def _is(pid: int, started: float) -> bool:
    import psutil

    try:
        process = psutil.Process(pid)
        same = abs(float(process.create_time()) - started) < SAME_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _last(place: Place) -> str:
    """The last line of the log."""
    try:
        lines = place.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return printable(lines[-1][:200]) if lines else "it said nothing"
