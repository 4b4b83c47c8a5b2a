"""How much one machine of a kind sustains with a model, and the capacity table that the estimator reads it from."""

import platform
import re
import tempfile
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from serving.backends import Launch, make
from serving.backends.types import cores
from serving.errors import InputError, ServingError
from serving.load import Target, closed_loop, sustainable
from serving.packed import about, content_type, sample

READY_SECONDS: Final = 120.0
# A generator that is itself late by more than this share of the goal measures itself.
LATE_SHARE: Final = 0.25
LOOP_SECONDS: Final = 5.0
CROWD: Final = 4


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A sustained rate in units a second, with everything it depends on.

    Memory in megabytes, after the load: of one worker, and of the server with all of them. `closed_loops` are numbers
    of callers, each asking again once it is answered, with the answers a second that came of it, their p50 and p99.
    """

    rate_per_second: float
    p50_ms: float
    p99_ms: float
    goal_ms: float
    backend: str
    batch_size: int
    workers: int
    threads: int
    memory_per_worker_mb: int
    memory_mb: int
    hardware: str
    versions: str
    day: date
    closed_loops: tuple[tuple[int, float, float, float], ...] = ()


def measure(
    archive: Path, *, backend: str, goal_ms: float, port: int, device: str, say: Callable[[str], None]
) -> Measured:
    """Start the archive's model here and find the highest rate whose p99 stays within the goal.

    The load comes from the same machine, which makes the figure a little too low. Raises ServingError when the model
    does not start, or no rate holds the goal.
    """
    own = about(archive)
    with tempfile.TemporaryDirectory(prefix="measure-") as scratch:
        launch = Launch(archive=archive, work=Path(scratch), port=port, device=device)
        server = make(backend, launch)
        server.start()
        try:
            _wait(server, launch)
            target = _target(launch, own)
            found = sustainable(target, goal_ms, say=say)
            loops = _closed_loops(target, launch, say)
            memory = server.memory()
        finally:
            server.stop()
    held = found.confirmation
    if held is None or held.latency is None:
        action = "give a higher --goal-ms, or a larger machine"
        raise ServingError(f"model {own['name']}", f"no rate holds {goal_ms:g} ms here", action)
    if held.generator_late_ms > LATE_SHARE * goal_ms:
        reason = f"the load itself was {held.generator_late_ms:.0f} ms late"
        raise ServingError("measurement", reason, "end what else runs on this machine, and measure again")
    return Measured(
        rate_per_second=found.rate_per_second,
        p50_ms=held.latency.p50_ms,
        p99_ms=held.latency.p99_ms,
        goal_ms=goal_ms,
        backend=backend,
        batch_size=launch.serving()["batch_size"],
        workers=launch.worker_count,
        threads=launch.thread_count,
        memory_per_worker_mb=memory.worker_mb,
        memory_mb=memory.all_mb,
        hardware=hardware(device),
        versions=_versions(backend),
        day=date.today(),
        closed_loops=loops,
    )


def write(table: Path, model: str, unit: str, instance_type: str, measured: Measured) -> None:
    """Put a measured figure into a capacity table, in the place of the one of that instance type if there is one.

    Raises InputError when the table is not TOML.
    """
    head, rows = _read(table, model, unit)
    row = {
        "instance_type": instance_type,
        "rate_per_second": round(measured.rate_per_second, 1),
        "kind": "measured",
        "source": f"breakeven measure, {measured.backend}: highest rate with p99 within {measured.goal_ms:g} ms",
        "checked": measured.day,
        "p50_ms": round(measured.p50_ms, 1),
        "p99_ms": round(measured.p99_ms, 1),
        "latency_at": f"{measured.rate_per_second:.1f} {unit}/s on {measured.hardware}",
        "batch_size": measured.batch_size,
        "workers": measured.workers,
        "threads": measured.threads,
        "memory_per_worker_mb": measured.memory_per_worker_mb,
        "memory_mb": measured.memory_mb,
        "hardware": measured.hardware,
        "versions": measured.versions,
        "closed_loops": [[callers, *(round(f, 1) for f in figures)] for callers, *figures in measured.closed_loops],
    }
    rows = [r for r in rows if r["instance_type"] != instance_type] + [row]
    text = head + "".join("\n[[capacity]]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in r.items()) for r in rows)
    table.write_text(text, encoding="utf-8")


def callers_of(batch_size: int, workers: int) -> tuple[int, ...]:
    """The closed loops that show how speed depends on batches: parts of one, and several for every worker.

    A crowd costs more than full batches do: connections and the queue take their part of the machine.
    """
    parts = {1, max(batch_size // 4, 1), max(batch_size // 2, 1), max(batch_size - 1, 1)}
    return tuple(sorted({*parts, CROWD * batch_size * workers}))


def _closed_loops(
    target: Target, launch: Launch, say: Callable[[str], None]
) -> tuple[tuple[int, float, float, float], ...]:
    found = []
    for callers in callers_of(launch.serving()["batch_size"], launch.worker_count):
        run = closed_loop(target, concurrency=callers, seconds=LOOP_SECONDS)
        say(f"closed loop of {callers}: {run.rate_per_second:.4g}/s")
        if run.latency:
            found.append((callers, run.rate_per_second, run.latency.p50_ms, run.latency.p99_ms))
    return tuple(found)


def hardware(device: str = "cpu") -> str:
    """What this machine is, in words."""
    if device != "cpu":
        import torch

        return str(torch.cuda.get_device_name(device))
    name = platform.processor() or platform.machine()
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return f"{found.group(1).strip() if found else name}, {platform.machine()}, {cores()} cores"


def _wait(server: Any, launch: Launch) -> None:
    end = time.monotonic() + READY_SECONDS
    while not (server.healthy() and server.metrics().workers == launch.worker_count):
        if not server.alive() or time.monotonic() > end:
            log = launch.work / "server.log"
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] if log.exists() else []
            reason = f"it did not start ({last[0][:120] if last else 'no log'})"
            raise ServingError(f"model {launch.about()['name']}", reason, "try it: breakeven serve")
        time.sleep(0.1)


def _target(launch: Launch, own: Mapping[str, Any]) -> Target:
    name, body = sample(launch.archive)
    return Target.of(f"http://127.0.0.1:{launch.port}", own["name"], body, content_type(name))


def _versions(backend: str) -> str:
    packages = ("torch", "torchserve" if backend == "torchserve" else "uvicorn")
    return ", ".join([f"python {platform.python_version()}", *(f"{p} {metadata.version(p)}" for p in packages)])


def _read(table: Path, model: str, unit: str) -> tuple[str, list[dict[str, Any]]]:
    """The lines before the first row, and the rows."""
    if not table.is_file():
        kinds = "kind: measured (by us, on the named machine), published, or assumed."
        return f'# Units per second one instance sustains. {kinds}\nmodel = "{model}"\nunit = "{unit}"\n', []
    text = table.read_text(encoding="utf-8")
    try:
        rows = tomllib.loads(text).get("capacity", [])
    except tomllib.TOMLDecodeError as error:
        raise InputError(str(table), str(error), "mend the TOML") from None
    return text.partition("[[capacity]]")[0].rstrip("\n") + "\n", rows


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)
