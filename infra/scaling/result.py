"""What a simulation found: every request accounted for, the latencies, the instances and how they are billed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from infra.scaling.latency import Latencies

Loss = Literal["throttled", "no_instance", "queue_full", "timeout", "failed_instance"]
LOSSES: Final[Mapping[Loss, str]] = {
    "throttled": "429, the gateway's throttle",
    "no_instance": "503, no instance to take it",
    "queue_full": "503, the server's queue was full",
    "timeout": "504, the gateway gave up",
    "failed_instance": "502, the instance was gone",
}
SECONDS_IN_AN_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One step of the series. Requests are counts in the step, instances averages over it, latencies seconds."""

    begin: float
    seconds: float
    arrived: float
    answered: float
    lost: float
    desired: float
    serving: float
    running: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A simulated stretch of time.

    `arrived` counts requests, not attempts; arrived = answered + lost + waiting, where `waiting` are those inside or
    between two tries at the end. `instance_seconds` are billed seconds by type and whether it is spot.
    """

    engine: Literal["exact", "fluid"]
    name: str
    start: datetime
    seconds: float
    arrived: float
    answered: float
    lost: Mapping[Loss, float]
    waiting: float
    latencies: Latencies
    series: tuple[Moment, ...]
    instance_seconds: Mapping[tuple[str, bool], float]
    warm_seconds: float
    interrupted: int
    failed: int
    activities: int
    short: int
    notes: tuple[str, ...] = ()

    @property
    def lost_total(self) -> float:
        """Requests that never got an answer."""
        return sum(self.lost.values())

    @property
    def lost_share(self) -> float:
        """The same, of those that arrived."""
        return self.lost_total / self.arrived if self.arrived else 0.0

    def instance_hours(self, *, spot: bool | None = None) -> float:
        """Billed instance-hours; of one purchase only where asked."""
        found = (s for (_, bought), s in self.instance_seconds.items() if spot is None or bought is spot)
        return sum(found) / SECONDS_IN_AN_HOUR

    def average_instances(self, *, spot: bool | None = None) -> float:
        """Instances billed on average."""
        return self.instance_hours(spot=spot) * SECONDS_IN_AN_HOUR / self.seconds

    @property
    def average_warm(self) -> float:
        """Stopped instances in the warm pool on average."""
        return self.warm_seconds / self.seconds

    @property
    def most_running(self) -> float:
        """The most instances billed in a step of the series."""
        return max((moment.running for moment in self.series), default=0.0)

    def quantile(self, share: float) -> float:
        """Seconds within which that share of the answers came."""
        return self.latencies.quantile(share)

    def good_share(self, seconds: float) -> float:
        """Share of all requests that were answered, and within so long: a lost one is not good."""
        done = self.arrived - self.waiting
        return self.latencies.share_within(seconds) * self.answered / done if done else 1.0
