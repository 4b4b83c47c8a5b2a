"""Prints how long the security rules take on each stack of the project, and how much of that is recording it.

Run from the project's root: `.venv/bin/python scripts/bench/policy.py [--runs 7]`.
"""

import argparse
import statistics
import time

from infra.costs.stack import Stack
from infra.policy.check import check
from infra.policy.rules import RULES
from infra.record import record, stacks


def main() -> None:
    """One line for each stack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of the rules")
    runs = parser.parse_args().runs
    for name in stacks():
        started = time.perf_counter()
        recording = record(name)
        recorded = time.perf_counter() - started
        stack = recording.as_stack()
        times = [_seconds(stack) for _ in range(runs)]
        median = statistics.median(times) * 1000
        print(f"{name:6} {len(RULES)} rules, {len(stack)} resources: {median:.1f} ms; recorded in {recorded:.1f} s")


def _seconds(stack: Stack) -> float:
    started = time.perf_counter()
    check(stack)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
