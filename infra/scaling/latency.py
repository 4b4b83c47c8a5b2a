"""Latencies by their logarithm: quantiles within 1 % from any number of requests, in a few kilobytes."""

from collections.abc import Iterable, Iterator
from math import exp, log

LEAST_SECONDS = 1e-4
STEP = log(1.02)
BINS = 800
"""Up to 760 seconds; whatever is longer counts as that."""


class Latencies:
    """Weights of latencies; a bin is 2 % wide, and stands for its middle."""

    __slots__ = ("total", "weights")

    def __init__(self) -> None:
        self.weights = [0.0] * BINS
        self.total = 0.0

    def add(self, seconds: float, weight: float = 1.0) -> None:
        """Count a latency."""
        at = int(log(seconds / LEAST_SECONDS) / STEP) if seconds > LEAST_SECONDS else 0
        self.weights[at if at < BINS else BINS - 1] += weight
        self.total += weight

    def add_all(self, other: "Latencies", weight: float = 1.0) -> None:
        """Count what another has counted, each so many times."""
        for at, value in enumerate(other.weights):
            if value:
                self.weights[at] += value * weight
        self.total += other.total * weight

    def quantile(self, share: float) -> float:
        """Seconds within which that share lies; 0 where nothing was counted."""
        left = share * self.total
        for at, weight in enumerate(self.weights):
            left -= weight
            if weight and left <= 1e-12 * self.total:
                return _middle(at)
        return _middle(BINS - 1) if self.total else 0.0

    def share_within(self, seconds: float) -> float:
        """The share that took at most so long; a bin that is cut counts in part."""
        if not self.total:
            return 1.0
        place = log(seconds / LEAST_SECONDS) / STEP if seconds > LEAST_SECONDS else 0.0
        whole = min(int(place), BINS)
        part = self.weights[whole] * (place - whole) if whole < BINS else 0.0
        return (sum(self.weights[:whole]) + part) / self.total

    def points(self) -> Iterator[tuple[float, float]]:
        """Each latency that occurs, with its share of all."""
        return ((_middle(at), weight / self.total) for at, weight in enumerate(self.weights) if weight)

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Latencies":
        """From single ones."""
        found = cls()
        for one in seconds:
            found.add(one)
        return found


def _middle(at: int) -> float:
    return LEAST_SECONDS * exp((at + 0.5) * STEP)
