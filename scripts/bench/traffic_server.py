"""The same recorded load on the real server and in the simulation: rate, p50 and p99 beside each other.

    python -m scripts.bench.traffic_server [--model sentiment] [--backend torchserve] [--rounds 3] [--seconds 30]
        [--together]

Starts the model on this machine and measures closed loops, from which the simulated server is fitted. Then it plays
bursts of a recorded trace, their peaks scaled to shares of the rate found, and gives the simulation the moments at
which requests really left. The generator has the machine's last core to itself and the server the others, so that the
one does not slow the other (`--together` lets them share). Each load is played in rounds with other arrivals, and
simulated with several seeds; the table has the medians, for a single hiccup moves a p99. Exits with 1 where the goal
is missed: rate within 10 %, p50 and p99 within 25 %.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from infra.scaling.events import serve
from infra.scaling.fit import Loop, from_loops, shape_of
from infra.scaling.server import Server
from serving import archive
from serving.backends import Launch, make
from serving.load import Target, closed_loop, record
from serving.measure import callers_of
from serving.model import find
from serving.packed import about, content_type, sample

ROOT = Path(__file__).resolve().parents[2]
TRACE = ROOT.parent / "shared" / "traces" / "elb-request-count-5min.csv"
SHARES = (0.3, 0.6, 0.9, 1.3)
"""Peaks of the load, as shares of the most the server does; the last overruns it for a while."""
SEEDS = 5
RATE_WITHIN, LATENCY_WITHIN = 0.10, 0.25


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One figure, measured and simulated."""

    load: float
    figure: str
    measured: float
    simulated: float

    @property
    def apart(self) -> float:
        """How far the simulation is off, as a share of what was measured."""
        return self.simulated / self.measured - 1 if self.measured else 0.0

    @property
    def good(self) -> bool:
        """Whether it is within the goal."""
        return abs(self.apart) <= (RATE_WITHIN if self.figure == "rate" else LATENCY_WITHIN)


def main() -> int:
    """Run everything; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="sentiment")
    parser.add_argument("--backend", default="torchserve")
    parser.add_argument("--port", type=int, default=8480)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    pairs, server, loops = _both(args)
    print(f"\nfitted: {asdict(server)}")
    print("| peak load | figure | measured | simulated | apart |\n|---|---|---|---|---|")
    for pair in pairs:
        print(f"| {pair.load:.0%} | {pair.figure} | {pair.measured:.4g} | {pair.simulated:.4g} | {pair.apart:+.1%} |")
    if args.json:
        rows = [asdict(pair) for pair in pairs]
        document = {"server": asdict(server), "loops": [asdict(one) for one in loops], "pairs": rows}
        args.json.write_text(json.dumps(document, indent=2))
    missed = [pair for pair in pairs if not pair.good]
    print("as demanded" if not missed else f"{len(missed)} of {len(pairs)} figures missed")
    return int(bool(missed))


def _both(args: Any) -> tuple[list[Pair], Server, list[Loop]]:
    path = archive.ready(find(args.model), lambda line: print(line, file=sys.stderr))
    own = about(path)
    every = sorted(os.sched_getaffinity(0))
    apart = len(every) > 1 and not args.together
    if apart:
        os.sched_setaffinity(0, every[:-1])
    with tempfile.TemporaryDirectory(prefix="traffic-") as scratch:
        launch = Launch(archive=path, work=Path(scratch), port=args.port)
        running = make(args.backend, launch)
        running.start()
        try:
            _wait(running, launch)
            if apart:
                # What the server has started keeps the cores it was given.
                os.sched_setaffinity(0, every[-1:])
            name, body = sample(path)
            target = Target.of(f"http://127.0.0.1:{args.port}", own["name"], body, content_type(name))
            shape = shape_of(launch.serving(), workers=launch.worker_count)
            loops = _loops(target, shape)
            server = from_loops(shape, loops)
            pairs = [pair for share in SHARES for pair in _compared(target, server, share, args)]
            return pairs, server, loops
        finally:
            running.stop()


def _wait(server: Any, launch: Launch) -> None:
    end = time.monotonic() + 120
    while not (server.healthy() and server.metrics().workers == launch.worker_count):
        if not server.alive() or time.monotonic() > end:
            raise SystemExit("the server did not start")
        time.sleep(0.1)


def _loops(target: Target, shape: Server) -> list[Loop]:
    closed_loop(target, concurrency=2 * shape.batch_size, seconds=5)  # warms it
    found = []
    for callers in callers_of(shape.batch_size, shape.workers):
        run = closed_loop(target, concurrency=callers, seconds=8)
        if run.latency is None:
            raise SystemExit("no answer at all")
        p50, p99 = run.latency.p50_ms, run.latency.p99_ms
        print(f"closed loop of {callers}: {run.rate_per_second:.1f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
        found.append(
            Loop(
                callers=callers,
                rate_per_second=run.rate_per_second,
                p50_seconds=p50 / 1000,
                p99_seconds=p99 / 1000,
            )
        )
    return found


def _compared(target: Target, server: Server, share: float, args: Any) -> list[Pair]:
    rounds = [_round(target, server, share, args, seed) for seed in range(args.seed, args.seed + args.rounds)]
    return [
        Pair(
            load=share,
            figure=name,
            measured=median(r[name][0] for r in rounds),
            simulated=median(r[name][1] for r in rounds),
        )
        for name in ("rate", "p50", "p99")
    ]


def _round(target: Target, server: Server, share: float, args: Any, seed: int) -> dict[str, tuple[float, float]]:
    """Each figure as measured and as simulated, for the same arrivals."""
    times = _times(share * server.rate_per_second, args.seconds, seed)
    measured, sent = record(target, times, connections=1024)
    runs = [serve(sent, server, seed=SEEDS * seed + number) for number in range(SEEDS)]
    latency = measured.latency
    if latency is None:
        raise SystemExit("no answer at all")
    print(
        f"peak {share:.0%}: {len(times)} requests, {measured.answered} answered, errors {dict(measured.errors)}, "
        f"p50 {latency.p50_ms:.0f} ms, p99 {latency.p99_ms:.0f} ms; simulated "
        f"{median(run.refused for run in runs):.0f} refused; generator {measured.generator_late_ms:.1f} ms late",
        flush=True,
    )
    return {
        "rate": (measured.rate_per_second, median(run.rate_per_second for run in runs)),
        "p50": (latency.p50_ms, 1000 * median(run.quantile(0.5) for run in runs)),
        "p99": (latency.p99_ms, 1000 * median(run.quantile(0.99) for run in runs)),
    }


def _times(peak: float, seconds: float, seed: int) -> list[float]:
    """A stretch of the trace around its busiest hours, five minutes of it in a few seconds, its peak as asked."""
    counts = [float(line.split(",")[1]) for line in TRACE.read_text(encoding="utf-8").splitlines()[1:]]
    steps = 24
    middle = max(range(steps, len(counts) - steps), key=lambda at: sum(counts[at : at + steps // 2]))
    part = counts[middle - steps // 4 : middle + 3 * steps // 4]
    width, most = seconds / steps, max(part)
    random, times, now = Random(seed), [], 0.0
    for number, count in enumerate(part):
        now = number * width
        while (now := now + random.expovariate(peak * count / most)) < (number + 1) * width:
            times.append(now)
    return times


if __name__ == "__main__":
    sys.exit(main())
