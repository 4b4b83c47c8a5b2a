"""How near our servers come to the bare model, and how others that serve the same model do, in one run.

    .venv/bin/python scripts/bench/throughput.py [--runs 5] [--seconds 6] [--peers FOLDER] [--json FILE]

Needs `wrk`. Every contender gets the same archive, predictor, allocator settings, workers, threads and batch size.
Peers are run where `--peers` names a folder with a sub-folder for each, filled with
`pip install --target FOLDER/NAME PACKAGE`.
Rounds go through all contenders in turn, so that a slow minute of the machine meets all of them.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from serving import archive, packed
from serving.backends import Launch, make
from serving.backends.process import Server
from serving.backends.types import cores, worker_environment
from serving.load import Latency, Target, open_loop
from serving.model import find

MODEL = "efficientnet_lite0"
PORT = 18080
# wrk hangs up on what it still waits for; the server must have answered that before the next measurement begins.
SETTLE_SECONDS = 1.0
HERE = Path(__file__).resolve().parent
URL = f"http://127.0.0.1:{PORT}/predictions/{MODEL}"
# A line of log for each request would be unfair to those that write none.
QUIET = {
    "BENTOML_CONFIG_OPTIONS": "api_server.logging.access.enabled=false",
    "RAY_SERVE_LOG_TO_STDERR": "0",
}
PEERS = {"fastapi": "fastapi_server", "litserve": "litserve_server", "bentoml": "bentoml_server", "ray": "ray_server"}


@dataclass(frozen=True, kw_only=True)
class Result:
    """One contender in one round: images a second at 32 connections, milliseconds, megabytes, seconds."""

    per_second: float
    single_ms: float
    p50_ms: float
    p99_ms: float
    p50_busy_ms: float
    p99_busy_ms: float
    memory_mb: float
    start_seconds: float


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all contenders are given."""

    launch: Launch
    folder: Path
    peers: Path | None
    seconds: int
    warm_seconds: int

    @property
    def environment(self) -> dict[str, str]:
        """Of every contender that is not ours."""
        serving = self.launch.serving()
        return {
            **worker_environment(self.launch),
            "BENCH_FOLDER": str(self.folder),
            "BENCH_BATCH": str(serving["batch_size"]),
            "BENCH_WORKERS": str(self.launch.worker_count),
            "BENCH_DELAY_SECONDS": str(serving["max_batch_delay_ms"] / 1000),
            "BENCH_PORT": str(PORT),
            "BENCH_PATH": f"/predictions/{MODEL}",
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(HERE / "peers")]),
        }


def main() -> None:
    """Print a table of medians; the first column of a row names the contender."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6, help="of each measurement")
    parser.add_argument(
        "--warm-seconds", type=int, default=15, help="of load before the first; Java compiles as it runs"
    )
    parser.add_argument("--peers", type=Path, help="folder with a sub-folder for each installed peer")
    parser.add_argument("--only", nargs="*", help="names of contenders")
    parser.add_argument("--json", type=Path, help="write every round to this file")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("bench: wrk is not on PATH; install it (apt-get install wrk)")
    path = archive.ready(find(MODEL), lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory() as scratch:
        folder = packed.unpack(path, Path(scratch) / "model")
        launch = Launch(archive=path, work=Path(scratch) / "work", port=PORT)
        bench = Bench(
            launch=launch, folder=folder, peers=given.peers, seconds=given.seconds, warm_seconds=given.warm_seconds
        )
        rounds = _rounds(bench, given.runs, given.only)
    _show(rounds)
    if given.json:
        given.json.write_text(json.dumps({k: [asdict(r) for r in v] for k, v in rounds.items()}, indent=1))


def _rounds(bench: Bench, runs: int, only: "list[str] | None") -> Mapping[str, list[Result]]:
    peers = [n for n in PEERS if bench.peers and (bench.peers / n).is_dir()]
    names = [n for n in ("bare", "torchserve", "batcher", *peers) if not only or n in only]
    found: dict[str, list[Result]] = {name: [] for name in names}
    for number in range(runs):
        for name in names:
            try:
                found[name].append(_bare(bench) if name == "bare" else _measured(bench, name))
                print(f"{number + 1}/{runs} {name}: {found[name][-1]}", file=sys.stderr, flush=True)
            except (RuntimeError, OSError) as error:
                print(f"{number + 1}/{runs} {name}: {error}", file=sys.stderr, flush=True)
    return found


def _bare(bench: Bench) -> Result:
    """The loop of decode and forward without a server: the best of batch sizes, in as many processes as workers."""
    best: tuple[float, float] = (0, 0)
    memory = 0.0
    for batch in (1, bench.launch.serving()["batch_size"]):
        rows = []
        loops = [_loop(bench, batch) for _ in range(bench.launch.worker_count)]
        for loop in loops:
            loop.stdin.write("\n")  # type: ignore[union-attr]
            loop.stdin.flush()  # type: ignore[union-attr]
        time.sleep(bench.seconds / 2)
        memory = max(memory, sum(psutil.Process(loop.pid).memory_info().rss for loop in loops) / 1e6)
        rows = [[float(w) for w in loop.communicate()[0].split()] for loop in loops]
        best = max(best, (sum(r[0] for r in rows), rows[0][1]))
    alone = _loop(bench, 1)
    single = float(alone.communicate("\n")[0].split()[1])
    return Result(
        per_second=best[0], single_ms=single, p50_ms=best[1], p99_ms=float("nan"),
        p50_busy_ms=float("nan"), p99_busy_ms=float("nan"), memory_mb=memory,
        start_seconds=float("nan"),
    )  # fmt: skip


def _loop(bench: Bench, batch: int) -> "subprocess.Popen[str]":
    command = [sys.executable, str(HERE / "peers" / "bare.py"), str(batch), str(bench.seconds)]
    return subprocess.Popen(command, env=bench.environment, stdin=-1, stdout=-1, text=True)  # noqa: S603


def _measured(bench: Bench, name: str) -> Result:
    start = time.perf_counter()
    with _running(bench, name) as pid:
        _first_answer(60)
        started = time.perf_counter() - start
        _wrk(32, bench.warm_seconds)
        full = _wrk(32, bench.seconds)
        some = _wrk(8, bench.seconds)
        one = _wrk(1, bench.seconds)
        busy = _busy(0.8 * full["rate"], bench.seconds)
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        memory = sum(p.memory_info().rss for p in tree) / 1e6
    return Result(
        per_second=full["rate"], single_ms=one["p50"], p50_ms=some["p50"], p99_ms=some["p99"],
        p50_busy_ms=busy.p50_ms, p99_busy_ms=busy.p99_ms,
        memory_mb=memory, start_seconds=started,
    )  # fmt: skip


@contextmanager
def _running(bench: Bench, name: str) -> Iterator[int]:
    if name in PEERS:
        assert bench.peers is not None  # noqa: S101
        server = Server(Path(tempfile.gettempdir()) / f"bench-{name}.log")
        paths = os.pathsep.join([str(bench.peers / name), bench.environment["PYTHONPATH"]])
        environment = {**bench.environment, "PYTHONPATH": paths, **QUIET}
        server.start(_peer_command(name), environment, HERE / "peers")
        try:
            yield int(server.pid or 0)
        finally:
            for child in psutil.Process(server.pid).children(recursive=True):
                child.terminate()
            server.stop()
        return
    backend = make(name, bench.launch)
    backend.start()
    try:
        yield int(backend.pid or 0)
    finally:
        backend.stop()


def _peer_command(name: str) -> list[str]:
    if name == "bentoml":
        return [sys.executable, "-m", "bentoml", "serve", "bentoml_server:Entry", "--port", str(PORT)]
    return [sys.executable, f"{PEERS[name]}.py"]


def _first_answer(seconds: float) -> None:
    body = next((archive.ROOT / "serving" / "models" / MODEL).glob("sample.*")).read_bytes()
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(
                urllib.request.Request(URL, body, {"Content-Type": "image/jpeg"}), timeout=10
            ) as a:
                found = json.loads(a.read())
                if found["predictions"][0]["label"] == "espresso":
                    return
        except (OSError, ValueError):
            pass
        if time.monotonic() > end:
            raise RuntimeError(f"no answer within {seconds:.0f} seconds")
        time.sleep(0.05)


def _wrk(connections: int, seconds: int) -> dict[str, float]:
    script = str(HERE / "post.lua")
    body = next((archive.ROOT / "serving" / "models" / MODEL).glob("sample.*"))
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "20s",
        "-s",
        str(script),
        URL,
    ]
    time.sleep(SETTLE_SECONDS)
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=True, env={**os.environ, "BODY": str(body)}
    )
    lost = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    failed = int(lost.group(1)) if lost else 0
    if failed:
        print(f"{connections} connections: {failed} answers were not 200; they do not count", file=sys.stderr)
    times = {p: _milliseconds(v) for p, v in re.findall(r"\b(50|99)% +(\S+)", done.stdout)}
    rate = float(re.search(r"Requests/sec: +([\d.]+)", done.stdout).group(1))  # type: ignore[union-attr]
    return {"rate": rate - failed / seconds, "p50": times["50"], "p99": times["99"]}


def _busy(rate: float, seconds: int) -> Latency:
    """Latency at a constant rate, measured from when each request was due."""
    body = next((archive.ROOT / "serving" / "models" / MODEL).glob("sample.*")).read_bytes()
    time.sleep(SETTLE_SECONDS)
    run = open_loop(Target.of(f"http://127.0.0.1:{PORT}", MODEL, body, "image/jpeg"), rate=rate, seconds=float(seconds))
    if run.latency is None:
        raise RuntimeError(f"at {rate:.0f}/s: {dict(run.errors)}")
    return run.latency


def _milliseconds(text: str) -> float:
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    number, name = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * unit[name]


def _show(rounds: Mapping[str, list[Result]]) -> None:
    bare = statistics.median(r.per_second for r in rounds["bare"]) if rounds.get("bare") else None
    print("at 32 connections; at 1: p50; at 8: p50 and p99; at 80 % of that rate: p50 and p99 from when due")
    print(f"{cores()} cores, medians of {max(map(len, rounds.values()))} rounds")
    heads = ("images/s", "of bare", "1 ms", "8 p50", "8 p99", "80% p50", "80% p99", "MB", "start s")
    print(f"{'':12}" + "".join(f"{head:>9}" for head in heads))
    for name, results in rounds.items():
        if results:
            m = Result(**{k: statistics.median(asdict(r)[k] for r in results) for k in asdict(results[0])})
            share = f"{m.per_second / bare:.2f}" if bare else ""
            values = (m.single_ms, m.p50_ms, m.p99_ms, m.p50_busy_ms, m.p99_busy_ms)
            times = "".join(f"{value:9.1f}" for value in values)
            print(f"{name:12}{m.per_second:9.1f}{share:>9}{times}{m.memory_mb:9.0f}{m.start_seconds:9.1f}")


if __name__ == "__main__":
    main()
