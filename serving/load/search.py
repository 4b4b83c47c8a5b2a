"""The highest rate that holds a latency goal: bisection over short open-loop runs, then a longer one to confirm it."""

from collections.abc import Callable

from serving.client.errors import EndpointError
from serving.load.loops import closed_loop, open_loop
from serving.load.result import Run, Sustainable
from serving.load.target import Target

# A p99 from fewer answers is little more than their maximum.
LEAST_ANSWERS = 200
# A confirmation can fail: short runs see fewer of a server's bad moments.
CONFIRMATIONS = 8


def sustainable(
    target: Target,
    goal_ms: float,
    *,
    concurrency: int = 32,
    run_seconds: float = 5.0,
    confirm_seconds: float = 15.0,
    tolerance: float = 0.03,
    timeout_seconds: float = 30.0,
    say: Callable[[str], None] = lambda line: None,
) -> Sustainable:
    """Find the highest rate (requests a second) whose p99 stays at or under `goal_ms`, without any error.

    A closed loop of `concurrency` bounds the search (and warms the server), which ends when it is within `tolerance`
    of that bound; where the confirmation fails, the rate goes down by twice that and is tried again. Raises
    InputError, and EndpointError for a server that is not there or answers nothing.
    """
    ceiling = closed_loop(target, concurrency=concurrency, seconds=run_seconds, timeout_seconds=timeout_seconds)
    if not ceiling.answered:
        found = ", ".join(f"{n} x {kind}" for kind, n in ceiling.errors.items()) or "nothing"
        raise EndpointError(target.url, f"it answers no request ({found})", "call it once: breakeven predict")
    say(f"closed loop of {concurrency}: {ceiling.rate_per_second:.4g}/s")
    probes: list[Run] = []

    def holds(rate: float, least_seconds: float) -> Run | None:
        seconds = max(least_seconds, min(LEAST_ANSWERS / rate, 4 * least_seconds))
        run = open_loop(target, rate=rate, seconds=seconds, timeout_seconds=timeout_seconds, goal_ms=goal_ms)
        probes.append(run)
        good = run.latency is not None and run.latency.p99_ms <= goal_ms and not run.errors and not run.stopped
        say(f"{rate:.4g}/s: {'holds' if good else 'does not hold'} {goal_ms:g} ms")
        return run if good else None

    # Open-loop arrivals can batch better than a few callers do: the bound has some room.
    low, high = 0.0, 1.1 * ceiling.rate_per_second
    width = tolerance * ceiling.rate_per_second
    while high - low > width:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle, run_seconds) else (low, middle)
    confirmation = None
    for step in range(CONFIRMATIONS if low else 0):
        rate = low * (1 - 2 * tolerance * step)
        if confirmation := holds(rate, confirm_seconds):
            break
    return Sustainable(
        goal_ms=goal_ms,
        rate_per_second=(confirmation.asked_per_second or 0.0) if confirmation else 0.0,
        ceiling=ceiling,
        confirmation=confirmation,
        probes=tuple(probes),
    )
