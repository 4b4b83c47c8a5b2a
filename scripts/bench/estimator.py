"""Prints the figures the estimator is held to: cases met, prices reproduced, the article's arithmetic, time and memory.

Run from the project's root: `.venv/bin/python scripts/bench/estimator.py [--runs 7]`. Times are of whole processes.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from infra.costs.compare import break_even
from infra.costs.curves import Curve
from infra.costs.estimate import Estimate, estimate
from infra.costs.managed import managed_apis
from infra.costs.prices import DATA, read_toml
from infra.costs.readers import parse_stack
from infra.costs.reports.words import money
from infra.costs.usage import Usage
from infra.costs.workload import Workload

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "infra" / "costs" / "golden.jsonl"
SAMPLES = ROOT / "tests" / "infra" / "costs" / "samples"
CENT = Fraction(1, 100)
GPU = ("g", "p", "inf", "trn", "dl")


def main() -> None:
    """Print every figure, with the machine and the date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each timed command")
    runs = parser.parse_args().runs
    print(f"{date.today()}  {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    golden_cases()
    gpu_prices()
    article()
    one_total()
    timings(runs)


def golden_cases() -> None:
    """How many golden lines are met within a cent, by folder."""
    met: dict[str, list[int]] = {}
    for text in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(text)
        priced = estimate(
            parse_stack(json.dumps(case["deployment"]), case["id"]),
            usage=Usage.parse(json.dumps(case["usage"]), case["id"]),
        )
        row = met.setdefault(case["folder"], [0, 0, 0])
        row[2] += bool(priced.unpriced)
        for line in case["expected"]:
            row[1] += 1
            row[0] += any(_meets(priced, item, line) for item in priced.items)
    for folder, (good, lines, unpriced) in met.items():
        print(f"golden {folder:<12} {good} of {lines} lines within 0.01; {unpriced} cases with something unpriced")


def _meets(priced: Estimate, item: Any, line: dict[str, Any]) -> bool:
    if (item.resource.name, item.label, item.part) != (line["resource"], line["label"], line.get("part", item.part)):
        return False
    cost = priced.of_item(item, "expected")
    if line["monthly_cost"] is None or cost is None:
        return line["monthly_cost"] is None and cost is None
    return abs(cost - Fraction(line["monthly_cost"])) <= CENT


def gpu_prices() -> None:
    """Groups of every GPU type in every region against price x 730 x count."""
    right = total = 0
    for path in sorted((DATA / "prices").glob("*/ec2_on_demand.toml")):
        for name, amount in read_toml(path)["linux"].items():
            if not name.startswith(GPU):
                continue
            total += 1
            priced = estimate(_group(name, path.parent.name, 3))
            line = next(i for i in priced.items if i.label.startswith("Instance usage"))
            right += priced.of_item(line, "expected") == Fraction(amount) * 730 * 3
    print(f"GPU types x regions equal to price x 730 x count: {right} of {total}")


def _group(instance_type: str, region: str, count: int) -> Any:
    rows = [
        _row("aws:ec2/launchTemplate:LaunchTemplate", "t", "lt-1", {"instanceType": instance_type}),
        _row(
            "aws:autoscaling/group:Group",
            "g",
            "g-1",
            {"launchTemplate": {"id": "lt-1"}, "minSize": count, "maxSize": count},
        ),
    ]
    return parse_stack(json.dumps(rows), "bench", region)


def _row(token: str, name: str, physical: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:b::b::{token}::{name}", "type": token, "custom": True, "id": physical, "inputs": inputs}


def article() -> None:
    """The article's figures out of the code that prices stacks."""
    workload = ROOT / "scripts" / "bench" / "article.toml"
    read = Workload.read(workload)
    priced = estimate(_group("g4dn.xlarge", "us-east-1", 1), workload=read, everywhere=True)
    rekognition = managed_apis()["rekognition_labels"]
    line = next(i for i in priced.items if i.label.startswith("Instance usage"))
    limit = priced.curve("expected").limit
    print(f"article: a g4dn.xlarge answers {int(limit.volume) if limit else 0:,} in a month of 31 days", end="")
    instance = priced.of_item(line, "expected") or Fraction(0)
    print(f" for {float(instance):.2f} USD (stack with its disk {float(priced.monthly('expected')):.2f})")
    cheapest = rekognition.curve(read, tier=-1).at(200_000_000)
    print(f"article: 200 million calls at the cheapest tier {float(cheapest):,.2f} USD")
    first = rekognition.curve(read, tier=0)
    for people in (0, 120_000, 240_000):
        own = Curve.constant(instance + Fraction(people, 12))
        at = ", ".join(f"{float(v):,.0f}" for v in break_even(own, first).volumes)
        print(f"article: break-even with tier one and {people:,} USD a year of people: {at}")


def one_total() -> None:
    """The same stack through preview before creation, after it, and the export."""
    totals = {
        path.stem: money(estimate(parse_stack(path.read_text(), path.stem)).monthly("expected"))
        for path in sorted(SAMPLES.glob("*.json"))
    }
    print(f"one stack, three files: {totals}\n")


def timings(runs: int) -> None:
    """Whole processes: estimate on a saved stack of several sizes, preview of the program."""
    sample = SAMPLES / "stack-export.json"
    with tempfile.TemporaryDirectory() as folder:
        files = {"57 resources": sample}
        for count in (1_000, 10_000):
            files[f"{count:,} resources"] = _grown(sample, count, Path(folder))
        for name, file in files.items():
            _timed(f"estimate, {name}", ["estimate", str(file)], runs)
    _timed("preview, stack dev", ["preview"], runs)
    _timed("preview, stack prod", ["preview", "--stack", "prod"], runs)


def _grown(sample: Path, count: int, folder: Path) -> Path:
    document = json.loads(sample.read_text())
    base = document["deployment"]["resources"]
    rows = []
    for n in range(count):
        row = base[n % len(base)]
        rows.append({**row, "urn": f"{row['urn']}-{n}", "id": f"{row.get('id', '')}-{n}"})
    document["deployment"]["resources"] = rows
    path = folder / f"{count}.json"
    path.write_text(json.dumps(document))
    return path


def _timed(name: str, arguments: list[str], runs: int) -> None:
    walls = []
    peak = 0
    for _ in range(runs + 1):
        started = time.perf_counter()
        process = subprocess.Popen([str(ROOT / "scripts" / "breakeven"), *arguments], stdout=subprocess.DEVNULL)  # noqa: S603
        _, _, used = os.wait4(process.pid, 0)
        walls.append(time.perf_counter() - started)
        peak = max(peak, used.ru_maxrss)
    walls = walls[1:]  # the first run warms the file cache
    spread = f"{min(walls):.2f} to {max(walls):.2f}"
    print(f"{name:<28} median {statistics.median(walls):.2f} s ({spread}), peak {peak / 1024:.0f} MB")


if __name__ == "__main__":
    main()
