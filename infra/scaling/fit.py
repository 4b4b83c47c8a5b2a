"""A server's times from what was measured: rates of a closed loop, or only the most it sustains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final

from infra.scaling.events.closed import closed_loop
from infra.scaling.server import Server

FIXED_SHARE: Final = 0.25
"""Part of a full batch's time that a batch of one takes as well, where nothing was measured (assumed)."""
OVERHEAD_SECONDS: Final = 0.004
"""HTTP and hand-over outside the workers, where nothing was measured (assumed; 3 to 5 ms here with TorchServe)."""
JITTER: Final = 0.15
"""Spread of a batch's time, where nothing was measured (assumed)."""
LEAST_JITTER: Final = 0.05
COARSE: Final = 10
FINE: Final = 4
"""Shares tried in the search for the fixed one: tenths, then quarters of a tenth around the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A closed loop: so many callers, each asks again when it is answered; the answers a second that came of it.

    Quantiles of what a request took, where they are known (0: not).
    """

    callers: int
    rate_per_second: float
    p50_seconds: float = 0.0
    p99_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """What a request took on average (Little's law)."""
        return self.callers / self.rate_per_second


def from_rate(shape: Server, rate_per_second: float, fixed_share: float = FIXED_SHARE) -> Server:
    """A server of this shape (workers, batches, queue) that answers so many a second at most."""
    full = shape.workers * shape.batch_size / rate_per_second
    fixed = full * fixed_share if shape.batch_size > 1 else 0.0
    return replace(
        shape,
        batch_seconds=fixed,
        request_seconds=(full - fixed) / shape.batch_size,
        overhead_seconds=shape.overhead_seconds or OVERHEAD_SECONDS,
        jitter=shape.jitter or JITTER,
    )


def jitter_of(alone: Loop) -> float:
    """The spread of a batch's time, from how far the slowest of a lone caller's requests are from the usual one.

    The 99th percentile of a narrow gamma distribution lies about two and a half deviations above its middle.
    """
    if not alone.p50_seconds or not alone.p99_seconds:
        return JITTER
    return min(max((alone.p99_seconds / alone.p50_seconds - 1) / 2.5, LEAST_JITTER), 1.0)


def from_loops(shape: Server, loops: Sequence[Loop]) -> Server:
    """A server of this shape whose closed loops answer as those measured did.

    The loop with most callers keeps every batch full, and says what a full one takes (give it at least twice a full
    batch for every worker); the one with fewest, what a caller alone waits. Between the two one number is free, the
    part of a full batch's time that does not depend on how many are in it: the one whose simulated loops come nearest
    to those measured.
    """
    ordered = sorted(loops, key=lambda loop: loop.callers)
    jitter = jitter_of(ordered[0])
    full = shape.workers * shape.batch_size / ordered[-1].rate_per_second

    def server(fixed_share: float) -> Server:
        fixed = full * fixed_share if shape.batch_size > 1 else 0.0
        each = (full - fixed) / shape.batch_size
        alone = ordered[0].seconds - shape.batch_delay_seconds - fixed - each
        return replace(
            shape, batch_seconds=fixed, request_seconds=each, overhead_seconds=max(alone, 0.0), jitter=jitter
        )

    def error(fixed_share: float) -> float:
        made = server(fixed_share)
        return sum(log(closed_loop(made, one.callers) / one.rate_per_second) ** 2 for one in ordered)

    best = min((n / COARSE for n in range(COARSE)), key=error)
    fine = [best + (n - FINE) / COARSE / FINE for n in range(2 * FINE + 1)]
    return server(min((share for share in fine if 0 <= share < 1), key=error))


def shape_of(serving: Mapping[str, float], workers: int = 1) -> Server:
    """A model's [serving] section (batch_size, max_batch_delay_ms, queue_size) as a server without times yet."""
    return Server(
        workers=workers,
        batch_size=int(serving.get("batch_size", 1)),
        batch_delay_seconds=float(serving.get("max_batch_delay_ms", 0)) / 1000,
        queue_limit=int(serving.get("queue_size", 100)),
        request_seconds=1.0,
    )
