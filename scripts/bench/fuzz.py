"""Feeds broken inputs to every reader, the command line and the two servers, and says what should not have come out.

Run from the project's root: `.venv/bin/python scripts/bench/fuzz.py --cases 10000 [--only NAME] [--seed 1]`. A case is
made of the seed, the target's name and its number alone; `--first N --cases 1` shows one again. Allowed are a result,
an error of the project in one printable line, a documented exit code, a refusal of a server after which it still
answers. All else is a finding: its first input is kept in `--keep`, and the run ends with 1. Servers listen on
127.0.0.1 and end with the run.
"""

import argparse
import logging
import math
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Final

from scripts.bench.fuzz_case import Tally, Target, fuzz, keep

PARTS: Final = ("costs", "lifecycle", "serving", "node", "documents", "cli", "servers")
CASES: Final = 1_000


def targets(*groups: str) -> Iterator[Target]:
    """All targets, or those of some groups."""
    for part in PARTS:
        for one in import_module(f"scripts.bench.fuzz_{part}").targets():
            if not groups or one.group in groups:
                yield one


def main() -> None:
    """Run what was asked for and print a row for each target."""
    given = _arguments()
    logging.disable(logging.CRITICAL)  # what is logged on purpose is no finding
    chosen = [one for one in targets() if not given.only or one.name in given.only or one.group in given.only]
    if given.list or not chosen:
        print("\n".join(f"{one.group:10} {one.name}" for one in (chosen or targets())))
        sys.exit(not chosen)
    print(f"{date.today()}  {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"seed {given.seed}\n{'target':22}{'cases':>9}{'good':>9}{'refused':>9}{'s':>8}{'slowest':>9}  findings")
    found = 0
    for one in chosen:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            tally = fuzz(one, given.cases, given.seed, Path(folder), first=given.first, seconds=given.seconds)
        _show(one, tally)
        keep(tally, one.name, given.keep)
        found += len(tally.findings)
    sys.exit(bool(found))


def _show(one: Target, tally: Tally) -> None:
    row = f"{one.name:22}{tally.cases:9,}{tally.good:9,}{tally.refused:9,}{tally.seconds:8.1f}{tally.slowest:9.2f}"
    print(f"{row}  {len(tally.findings)}")
    for finding, count in tally.findings.most_common():
        print(f"    {count:6,} x {finding}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=CASES, help="of each target")
    parser.add_argument("--only", action="append", help="a target or a group; again for more")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seconds", type=float, default=math.inf, help="for each target, where the cases take longer")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz-findings")
    parser.add_argument("--list", action="store_true", help="name the targets and end")
    return parser.parse_args()


if __name__ == "__main__":
    main()
