"""Prints how long recording a stack and running the whole rule set over it takes, each time in a fresh process.

Processor time is what it takes on a machine with nothing else to do; the clock also counts the wait for others.

Run from the project's root: `.venv/bin/python scripts/bench/rules.py [--stack prod] [--runs 5]`. `policy.py` beside it
times the rules alone.
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

ROOT: Final = Path(__file__).resolve().parents[2]
# What `breakeven check` does, without the command line around it.
CHECK: Final = """
import sys
from infra.policy.check import check
from infra.policy.rules import RULES
from infra.record import record

stack = record(sys.argv[1]).as_stack()
checked = check(stack)
print(len(RULES), len(stack), len(checked.mandatory))
"""


def main() -> None:
    """One line: the median, and the fastest and slowest run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", default="prod", help="which Pulumi.<stack>.yaml")
    parser.add_argument("--runs", type=int, default=5, help="runs, each in a process of its own")
    arguments = parser.parse_args()
    clock, processor, said = [], [], ""
    for _ in range(arguments.runs):
        started, used = time.perf_counter(), _used()
        said = subprocess.run(  # noqa: S603 - this interpreter and fixed words
            [sys.executable, "-c", CHECK, arguments.stack], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        clock.append(time.perf_counter() - started)
        processor.append(_used() - used)
    rules, resources, violated = said.split()
    print(
        f"{arguments.stack}: {rules} rules over {resources} resources, {violated} mandatory violated; medians of "
        f"{len(clock)}: {statistics.median(processor):.2f} s of a processor, {statistics.median(clock):.2f} s by the "
        f"clock ({min(clock):.2f} to {max(clock):.2f}), {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    )


def _used() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
