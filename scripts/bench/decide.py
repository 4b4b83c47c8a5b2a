"""Prints what `decide` is held to: answers over a grid of situations, the time of each, and contradictions among them.

Run from the project's root: `.venv/bin/python scripts/bench/decide.py [--every 3]`. The stacks are recorded once; the
time of an answer is that of `decide` alone, flips and all. Every answer starts without what another one has priced, as
when the verb runs; curves of APIs are made once.
"""

import argparse
import gc
import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice, product
from typing import Any

from infra.costs.decide import Answer, Candidate, Situation, decide
from scripts.cli.hosting import candidates
from scripts.cli.session import Inputs

TASKS = ("image-labels", "sentiment", "document-text")
VOLUMES = (20_000, 400_000, 3_000_000, 20_000_000, 200_000_000, 2_000_000_000)
LIMIT_SECONDS = 0.5


def main() -> None:
    """Run the grid and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="of the grid, every so many situations")
    every = parser.parse_args().every
    print(f"{date.today()}  {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    hosts = {task: candidates(_at(task, 1), ["small", "dev", "prod"], Inputs()) for task in TASKS}
    times = f"{'median s':>10}{'p99 s':>8}{'worst s':>9}{'CPU median':>12}{'CPU worst':>11}"
    print(f"{'task':<16}{'situations':>11}{times}  answers")
    gc.freeze()  # as the verb does
    walls: list[float] = []
    spent: list[float] = []
    for task in TASKS:
        wall, cpu = _task(task, hosts[task], every)
        walls += wall
        spent += cpu
    print()
    for name, seconds in (("wall", walls), ("CPU", spent)):
        over = sum(one > LIMIT_SECONDS for one in seconds)
        print(f"{len(seconds)} situations, {name}: median {statistics.median(seconds):.3f} s, ", end="")
        print(f"worst {max(seconds):.3f} s; above {LIMIT_SECONDS} s: {over}")


def _task(task: str, hosts: tuple[Candidate, ...], every: int) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds of each situation of a task."""
    walls, spent, answers, wrong = [], [], Counter[str](), 0
    for situation in islice(_grid(task), None, None, every):
        fresh = [Candidate(host.name, host.estimate) for host in hosts]
        wall, cpu = time.perf_counter(), time.process_time()
        answer = decide(situation, fresh)
        walls.append(time.perf_counter() - wall)
        spent.append(time.process_time() - cpu)
        answers[answer.recommendation] += 1
        wrong += _contradicts(answer)
    said = ", ".join(f"{name} {count}" for name, count in answers.most_common())
    p99 = sorted(walls)[int(len(walls) * 0.99)]
    print(f"{task:<16}{len(walls):>11}{statistics.median(walls):>10.3f}{p99:>8.3f}{max(walls):>9.3f}", end="")
    print(f"{statistics.median(spent):>12.3f}{max(spent):>11.3f}  {said}; contradictions: {wrong}")
    return walls, spent


def _contradicts(answer: Answer) -> bool:
    """Whether a cheaper option is allowed and no rule is named that takes another."""
    totals = [row.total for row in answer.numbers.options if not row.blocks and row.total is not None]
    if answer.recommendation == "neither":
        return bool(totals)
    taken = [
        r.total for r in answer.numbers.options if r.name == answer.option and not r.blocks and r.total is not None
    ]
    return answer.rule != "within-budget" and min(taken) != min(totals)


def _grid(task: str) -> Iterator[Situation]:
    for data, (engineers, share), (tried, budget), latency, peak, growth, volume in product(
        ("yes", "vetted", "no"),
        ((0, "0"), (2, "0.1"), (2, "0.5")),
        (("untried", 0), ("works", 5_000), ("poor-after-provider", 0)),
        (1_000, 0),
        (3, 12),
        ("0", "0.05"),
        VOLUMES,
    ):
        situation = {
            "data_may_leave": data,
            "engineers": engineers,
            "people_share": share,
            "tried": tried,
            "budget_per_month": budget,
            "latency_ms": latency,
            "peak_to_average": peak,
            "growth_per_month": growth,
        }
        yield _at(task, volume, situation)


def _at(task: str, volume: int, values: dict[str, Any] | None = None) -> Situation:
    words = {"data_may_leave", "tried"}
    exact = {key: value if key in words else Decimal(str(value)) for key, value in (values or {}).items()}
    changed: dict[str, Any] = {"task": task, "volume_per_month": Decimal(volume), **exact}
    return Situation(**changed)


if __name__ == "__main__":
    main()
