"""What the simulated group is asked to be, in the terms of the AWS parts it stands for. Times are seconds."""

from dataclasses import dataclass, field
from typing import Literal

from infra.costs.errors import InputError
from infra.scaling.server import Server

Metric = Literal["requests", "cpu"]
Adjustment = Literal["change", "percent", "exact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """An instance type and the server on it."""

    name: str
    server: Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """From the launch of an instance to its first request, and from the start of one that was stopped.

    `start`: until the system runs; `install`: fetch and unpack what it serves with; `load`: the model is ready;
    `health`: the balancer's checks in a row (2, 10 s apart). One that was stopped is installed already.
    """

    start_seconds: float = 40.0
    install_seconds: float = 60.0
    load_seconds: float = 20.0
    health_seconds: float = 20.0

    @property
    def cold_seconds(self) -> float:
        """From the request for an instance to its first request."""
        return self.start_seconds + self.install_seconds + self.load_seconds + self.health_seconds

    @property
    def warm_seconds(self) -> float:
        """The same out of the warm pool."""
        return self.start_seconds + self.load_seconds + self.health_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """A target-tracking policy: requests per instance and minute, or the share of the CPU that is busy.

    `low_share` of the target is where the alarm for shrinking stands: AWS does not say; 0.7 was seen on EC2 groups.
    """

    target: float
    metric: Metric = "requests"
    high_datapoints: int = 3
    low_datapoints: int = 15
    low_share: float = 0.7
    scale_in: bool = True

    def __post_init__(self) -> None:
        if self.target <= 0:
            raise InputError("target tracking", f"a target of {self.target:g}", "give a target above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a policy: holds from `lower` to `upper` above the threshold (None: without end)."""

    lower: float | None = 0.0
    upper: float | None = None
    by: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A step policy and its alarm; with a `cooldown_seconds` a simple one, which waits after each of its activities.

    `above`: whether the alarm fires above the threshold, or below it.
    """

    threshold: float
    stages: tuple[Stage, ...]
    metric: Metric = "requests"
    above: bool = True
    adjustment: Adjustment = "change"
    datapoints: int = 1
    cooldown_seconds: float = 0.0
    least_by: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A change of the group's bounds, as a cron expression in a time zone; None leaves one as it is."""

    name: str
    recurrence: str
    time_zone: str = "Etc/UTC"
    minimum: int | None = None
    maximum: int | None = None
    desired: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmPool:
    """Stopped instances in reserve: so many that with those running they make `prepared`, and `minimum` at least."""

    prepared: int
    minimum: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The spot market. An interruption is announced `notice_seconds` before; a shortage lets no spot launch succeed.

    `shortages`: from and to, seconds from the start of the run.
    """

    interruptions_per_hour: float = 0.0
    notice_seconds: float = 120.0
    rebalance: bool = True
    shortages: tuple[tuple[float, float], ...] = ()
    retry_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The entry: a token bucket of `burst` filled at `rate_per_second` (429 beyond), and the longest it waits (504)."""

    rate_per_second: float = 10_000.0
    burst: float = 5_000.0
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """What callers do when they get no answer: so many tries more, each after twice the wait of the one before."""

    retries: int = 0
    backoff_seconds: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    """An autoscaling group, its policies, what stands before it and who calls it.

    `wake`: an alarm starts an instance when requests find none. `cpu_minutes`: how often instances report their CPU, 5
    or with detailed monitoring 1.
    """

    kinds: tuple[Kind, ...]
    minimum: int
    maximum: int
    initial: int | None = None
    on_demand_base: int = 0
    on_demand_percent: int = 100
    warmup_seconds: float = 120.0
    drain_seconds: float = 30.0
    tracking: tuple[Tracking, ...] = ()
    steps: tuple[Steps, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    warm_pool: WarmPool | None = None
    wake: bool = False
    cpu_minutes: int = 5
    boot: Boot = field(default_factory=Boot)
    market: Market = field(default_factory=Market)
    failures_per_hour: float = 0.0
    detect_seconds: float = 30.0
    metric_delay_seconds: float = 60.0
    gateway: Gateway = field(default_factory=Gateway)
    clients: Clients = field(default_factory=Clients)

    def __post_init__(self) -> None:
        if not self.kinds:
            raise InputError("group", "no instance type", "give one or more")
        if not 0 <= self.minimum <= self.maximum:
            sizes = f"a minimum of {self.minimum} and a maximum of {self.maximum}"
            raise InputError("group", sizes, "give 0 <= minimum <= maximum")
