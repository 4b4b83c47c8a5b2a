"""A month of the real trace at 200 million requests, simulated: seconds and memory.

    python -m scripts.bench.month [--requests 200_000_000] [--stack prod]

The trace of two weeks is repeated to 30 days. Exits with 1 above 60 seconds or 500 MB.
"""

import argparse
import resource
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from infra.costs.capacity import ModelCapacity
from infra.costs.workload import Workload
from infra.record import record
from infra.scaling.traffic import read_trace
from infra.settings import MODELS
from infra.simulate import simulate, simulated_group

TRACE = Path(__file__).resolve().parents[3] / "shared" / "traces" / "elb-request-count-5min.csv"
DAYS = 30
MOST_SECONDS, MOST_MB = 60, 500


def main() -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=float, default=200e6)
    parser.add_argument("--stack", default="prod")
    args = parser.parse_args()
    recorded = record(args.stack)
    capacity = ModelCapacity.read(MODELS / recorded.settings.model.model / "capacity.toml")
    workload = Workload().at_volume(Decimal(int(args.requests)))
    group = simulated_group(recorded.as_stack(), workload, capacity, MODELS)
    before = _mb()
    began = time.perf_counter()
    trace = read_trace(TRACE).for_seconds(DAYS * 86_400).scaled_to(args.requests)
    # The stack's own throttle would turn most of it away, and make it easy.
    settings = replace(group.settings, gateway=replace(group.settings.gateway, rate_per_second=1e4, burst=5e3))
    run = simulate(settings, trace, engine="fluid")
    seconds, peak = time.perf_counter() - began, _mb()
    print(f"{run.arrived:,.0f} requests in {DAYS} days, {len(trace.counts):,} steps of {trace.step_seconds:g} s")
    print(f"{run.answered:,.0f} answered, {run.lost_total:,.0f} lost, p99 {run.quantile(0.99) * 1000:.0f} ms")
    print(f"{run.instance_hours():,.0f} instance-hours, {run.activities} changes of size")
    print(f"{seconds:.1f} s, {peak:.0f} MB at most ({before:.0f} MB before)")
    return int(seconds > MOST_SECONDS or peak > MOST_MB)


def _mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
