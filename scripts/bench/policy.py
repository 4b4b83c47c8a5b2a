"""Prints how long the security rules take on each stack of the project, and how much of that is recording it.

Run from the project's root: `.venv/bin/python scripts/bench/policy.py [--runs 7] [--fresh prod]`. With `--fresh` it is
`breakeven check` on that stack alone, as a user waits for it: processor time is what it takes on a machine with nothing
else to do; the clock also counts the wait for others.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from infra.costs.stack import Stack
from infra.policy.check import check
from infra.policy.rules import RULES
from infra.record import record, stacks

ROOT: Final = Path(__file__).resolve().parents[2]


def main() -> None:
    """One line for each stack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of the rules")
    parser.add_argument("--fresh", default="", metavar="STACK", help="the verb on this stack, each time anew")
    asked = parser.parse_args()
    if asked.fresh:
        _fresh(asked.fresh, asked.runs)
        return
    for name in stacks():
        started = time.perf_counter()
        recording = record(name)
        recorded = time.perf_counter() - started
        stack = recording.as_stack()
        times = [_seconds(stack) for _ in range(asked.runs)]
        median = statistics.median(times) * 1000
        print(f"{name:6} {len(RULES)} rules, {len(stack)} resources: {median:.1f} ms; recorded in {recorded:.1f} s")


def _seconds(stack: Stack) -> float:
    started = time.perf_counter()
    check(stack)
    return time.perf_counter() - started


def _fresh(name: str, runs: int) -> None:
    clock, processor = [], []
    for _ in range(runs):
        started, used = time.perf_counter(), _used()
        command = [sys.executable, "-m", "scripts.cli", "check", "--stack", name]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed words and a name
        clock.append(time.perf_counter() - started)
        processor.append(_used() - used)
    print(
        f"{name}: {len(RULES)} rules; medians of {runs}: {statistics.median(processor):.2f} s of a processor, "
        f"{statistics.median(clock):.2f} s by the clock ({min(clock):.2f} to {max(clock):.2f}), "
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    )


def _used() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
