"""What the policies ask for, from the metrics of past minutes. docs/traffic.md names the AWS rule behind each line."""

from collections import deque
from dataclasses import dataclass
from math import ceil, floor

from infra.scaling.group.settings import GroupSettings, Stage, Steps, Tracking

LONGEST = 60
"""Minutes of metrics that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """A minute's metrics: requests that reached the group, instances that served (on average), their busy share."""

    end: float
    requests: float
    serving: float
    busy: float | None

    def of(self, metric: str) -> float | None:
        """The policy's metric; None where AWS has no datapoint."""
        if metric == "cpu":
            return self.busy
        # The load balancer reports nothing for a minute without requests, and nothing without a target.
        return self.requests / self.serving if self.serving and self.requests else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A capacity a policy asks for, and why."""

    capacity: int
    out: bool
    why: str


class Policies:
    """All policies of a group; each minute's datapoint is taken in, and wishes come out."""

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings
        self._past: deque[Datapoint] = deque(maxlen=LONGEST)
        self._quiet_until: dict[int, float] = {}

    def wishes(self, point: Datapoint, desired: int, now: float, *, warming: bool) -> int | None:
        """The capacity to go to after this minute; None: stay."""
        self._past.append(point)
        settings = self._settings
        if settings.wake and point.requests and not point.serving and not desired:
            return 1
        if self._idle():
            return 0
        asked = [wish for policy in settings.tracking if (wish := self._track(policy, desired))]
        asked += [w for n, policy in enumerate(settings.steps) if (w := self._step(n, policy, desired, now))]
        out = [wish.capacity for wish in asked if wish.out and wish.capacity > desired]
        if out:
            # Of several policies the one that asks for most wins.
            return max(out)
        shrink = [wish.capacity for wish in asked if not wish.out]
        # All target-tracking policies must agree before the group shrinks, and none may be warming up.
        if warming or len(shrink) < max(1, len(settings.tracking)):
            return None
        return max(shrink) if max(shrink) < desired else None

    def _idle(self) -> bool:
        """Whether no request came for as long as the group stays awake."""
        minutes = self._settings.sleep_minutes
        last = [self._past[-n].requests for n in range(1, min(minutes, len(self._past)) + 1)]
        return 0 < minutes == len(last) and not any(last)

    def _track(self, policy: Tracking, desired: int) -> Wish | None:
        last = self._last(policy.metric, policy.high_datapoints)
        if last and all(value > policy.target for value in last):
            return Wish(capacity=self._needed(policy, last[-1]), out=True, why="above the target")
        last = self._last(policy.metric, policy.low_datapoints)
        if policy.scale_in and last and all(value < policy.low_share * policy.target for value in last):
            needed = self._needed(policy, max(last))
            return Wish(capacity=min(needed, desired), out=False, why="below the target")
        return None

    def _needed(self, policy: Tracking, value: float) -> int:
        """Instances at which the metric would be at its target, were the load shared out evenly."""
        return ceil(self._past[-1].serving * value / policy.target - 1e-9)

    def _last(self, metric: str, count: int) -> list[float]:
        """The last so many datapoints; empty while there are fewer, or one is missing."""
        if len(self._past) < count:
            return []
        values = [self._past[-n].of(metric) for n in range(count, 0, -1)]
        return [] if None in values else [value for value in values if value is not None]

    def _step(self, number: int, policy: Steps, desired: int, now: float) -> Wish | None:
        last = self._last(policy.metric, policy.datapoints)
        sign = 1 if policy.above else -1
        if not last or any(sign * (value - policy.threshold) <= 0 for value in last):
            return None
        if now < self._quiet_until.get(number, 0.0):
            return None
        stage = next((s for s in policy.stages if _holds(s, last[-1] - policy.threshold)), None)
        if stage is None:
            return None
        capacity = _adjusted(policy, stage, desired)
        if policy.cooldown_seconds and capacity != desired:
            self._quiet_until[number] = now + policy.cooldown_seconds
        return Wish(capacity=capacity, out=capacity > desired, why="a step")


def _holds(stage: Stage, breach: float) -> bool:
    low = -float("inf") if stage.lower is None else stage.lower
    high = float("inf") if stage.upper is None else stage.upper
    # A step above the threshold holds its lower edge, one below it its upper edge.
    return low <= breach < high if breach >= 0 else low < breach <= high


def _adjusted(policy: Steps, stage: Stage, desired: int) -> int:
    if policy.adjustment == "exact":
        return int(stage.by)
    if policy.adjustment == "change":
        return desired + int(stage.by)
    change = desired * stage.by / 100
    # Above 1 rounded down, between 0 and 1 up to 1, and likewise below 0.
    whole = floor(change) if change > 1 else ceil(change) if change < -1 else (change > 0) - (change < 0)
    if abs(whole) < policy.least_by and whole:
        whole = policy.least_by if whole > 0 else -policy.least_by
    return desired + whole
