"""What the policies ask for, from the metrics of past minutes. docs/traffic.md names the AWS rule behind each line."""

from collections import deque
from dataclasses import dataclass
from math import ceil, floor

from infra.scaling.group.settings import GroupSettings, Stage, Steps, Tracking

LONGEST = 60
"""Datapoints of each metric that are kept."""
Seen = tuple[float, float]
"""A metric's value, and how many instances served then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """A minute's metrics: requests that reached the group, instances that served (on average), their busy share."""

    end: float
    requests: float
    serving: float
    busy: float | None

    @property
    def per_instance(self) -> float | None:
        """Requests of an instance; None without one. A minute without requests is a zero, not a gap."""
        return self.requests / self.serving if self.serving else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A capacity a policy asks for; `out` is growth, `tracked` whether target tracking asks."""

    capacity: int
    out: bool
    tracked: bool


class Policies:
    """All policies of a group; each minute's datapoint is taken in, and wishes come out."""

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings
        self._cpu: deque[Seen | None] = deque(maxlen=LONGEST)
        self._requests: deque[Seen | None] = deque(maxlen=LONGEST)
        self._busy: list[float] = []
        self._minutes = 0
        self._quiet_until: dict[int, float] = {}

    def wishes(self, point: Datapoint, desired: int, now: float, *, warming: bool) -> int | None:
        """The capacity to go to after this minute; None: stay."""
        self._requests.append((point.per_instance, point.serving) if point.per_instance is not None else None)
        self._report_cpu(point)
        settings = self._settings
        if settings.wake and point.requests and not point.serving and not desired:
            return 1
        asked = [wish for policy in settings.tracking if (wish := self._track(policy, desired))]
        asked += [w for n, policy in enumerate(settings.steps) if (w := self._step(n, policy, desired, now))]
        out = [wish.capacity for wish in asked if wish.out and wish.capacity > desired]
        if out:
            # Of several policies the one that asks for most wins.
            return max(out)
        # While an instance warms up no policy shrinks the group.
        return None if warming else self._smaller(asked, desired)

    def _report_cpu(self, point: Datapoint) -> None:
        """CPU comes less often than requests do: an average of the minutes since."""
        self._minutes += 1
        if point.busy is not None:
            self._busy.append(point.busy)
        if self._minutes % self._settings.cpu_minutes == 0:
            self._cpu.append((sum(self._busy) / len(self._busy), point.serving) if self._busy else None)
            self._busy = []

    def _smaller(self, asked: list[Wish], desired: int) -> int | None:
        """Target tracking shrinks only where all its policies agree; steps do not wait for it. The largest wins."""
        tracked = [wish.capacity for wish in asked if wish.tracked and not wish.out]
        shrinking = sum(policy.scale_in for policy in self._settings.tracking)
        agreed = tracked if len(tracked) == shrinking else []
        found = [*agreed, *(wish.capacity for wish in asked if not wish.tracked and not wish.out)]
        return max(found) if found and max(found) < desired else None

    def _track(self, policy: Tracking, desired: int) -> Wish | None:
        last = self._last(policy.metric, policy.high_datapoints)
        if last and all(value > policy.target for value in last):
            return Wish(capacity=_needed(policy, last[-1], self._serving(policy.metric)), out=True, tracked=True)
        last = self._last(policy.metric, policy.low_datapoints)
        if policy.scale_in and last and all(value < policy.low_share * policy.target for value in last):
            needed = _needed(policy, max(last), self._serving(policy.metric))
            return Wish(capacity=min(needed, desired), out=False, tracked=True)
        return None

    def _serving(self, metric: str) -> float:
        """Instances that served when the last datapoint was measured; there may be more by now."""
        last = (self._cpu if metric == "cpu" else self._requests)[-1]
        return last[1] if last else 0.0

    def _last(self, metric: str, count: int) -> list[float]:
        """The last so many datapoints; empty while there are fewer, or one is missing."""
        past = list(self._cpu if metric == "cpu" else self._requests)[-count:]
        values = [seen[0] for seen in past if seen]
        return values if len(values) == count else []

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
        return Wish(capacity=capacity, out=capacity > desired, tracked=False)


def _needed(policy: Tracking, value: float, serving: float) -> int:
    """Instances at which the metric would be at its target, were the load shared out evenly."""
    return ceil(serving * value / policy.target - 1e-9)


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
