"""The exact simulation against queueing theory, in runs long enough for 2 %.

    python -m scripts.bench.queueing [--requests 4_000_000]

Waiting times of M/M/c (Erlang C) and M/D/1 (Pollaczek-Khinchine), simulated and computed. Exits with 1 where one is
more than 2 % off.
"""

import argparse
import sys
import time
from math import factorial
from random import Random

from infra.scaling.events import poisson, serve
from infra.scaling.server import Server

WITHIN = 0.02
MANY = 10**9


def main() -> int:
    """Run every case; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=4_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    worst = 0.0
    print("| queue | load | waits, theory | waits, simulated | apart | seconds |\n|---|---|---|---|---|---|")
    for servers, share, jitter in (
        (1, 0.5, 1.0),
        (1, 0.8, 1.0),
        (2, 0.7, 1.0),
        (4, 0.8, 1.0),
        (8, 0.8, 1.0),
        (1, 0.5, 0.0),
        (1, 0.8, 0.0),
        (1, 0.9, 0.0),
    ):
        began = time.perf_counter()
        server = Server(workers=servers, request_seconds=1.0, jitter=jitter, queue_limit=MANY)
        found = serve(poisson(share * servers, Random(args.seed), args.requests), server, seed=args.seed + 1)
        theory = _erlang(servers, share) if jitter else share / (2 * (1 - share))
        apart = (found.mean - 1) / theory - 1
        worst = max(worst, abs(apart))
        name = f"M/{'M' if jitter else 'D'}/{servers}"
        took = time.perf_counter() - began
        print(f"| {name} | {share:.0%} | {theory:.4f} | {found.mean - 1:.4f} | {apart:+.2%} | {took:.0f} |", flush=True)
    print("as demanded" if worst <= WITHIN else f"{worst:.2%} apart")
    return int(worst > WITHIN)


def _erlang(servers: int, share: float) -> float:
    """Mean wait of M/M/c in service times."""
    load = share * servers
    others = sum(load**n / factorial(n) for n in range(servers))
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (others + last) / (servers - load)


if __name__ == "__main__":
    sys.exit(main())
