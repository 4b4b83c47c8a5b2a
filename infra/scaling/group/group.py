"""The group over time: it launches, boots, warms, drains and ends instances, as its policies and its market say.

A state machine with a clock of its own: `advance(now)` lets everything happen that is due, in order. Both simulations
drive it, the exact one from event to event, the fluid one from step to step.
"""

import heapq
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from functools import partial
from itertools import count
from math import inf
from random import Random

from infra.costs.purchase import on_demand_count
from infra.scaling.group.bill import Bill
from infra.scaling.group.instance import Instance, Nobody, State, Watcher
from infra.scaling.group.policies import Datapoint, Policies
from infra.scaling.group.schedules import bounds_at_start, occurrences
from infra.scaling.group.settings import GroupSettings, Schedule

RUNNING = (State.PENDING, State.SERVING, State.FAILING)


class Group:
    """An autoscaling group; times are seconds since the start of the run."""

    def __init__(self, settings: GroupSettings, *, seed: int = 0, watcher: Watcher | None = None) -> None:
        self.settings = settings
        self.minimum, self.maximum = settings.minimum, settings.maximum
        self.desired = 0
        self.bill = Bill()
        self.instances: dict[int, Instance] = {}
        self.serving: dict[int, Instance] = {}
        """Those that take requests: in service, or dead and not found out yet."""
        self.interrupted = self.failed = self.activities = self.short = 0
        self._policies = Policies(settings)
        self._watcher: Watcher = watcher or Nobody()
        self._market, self._breaks, self._picks = (Random(f"{seed} {what}") for what in ("spot", "failures", "types"))
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()
        self._numbers = count(1)
        self._retrying = False

    def start(self, when: datetime, seconds: float) -> None:
        """Begin a run of so long at a time of the calendar, as a group that has been there for a while."""
        settings = self.settings
        bounds = bounds_at_start(settings.schedules, when, settings.minimum, settings.maximum)
        self.minimum, self.maximum = bounds
        first = self.minimum if settings.initial is None else settings.initial
        self.desired = min(max(first, self.minimum), self.maximum)
        for _ in range(self.desired):
            self._serve(self._new(), 0.0)
        self._fill_pool(0.0, ready=True)
        for schedule in settings.schedules:
            for due in occurrences(schedule, when, seconds):
                self.at(due, partial(self._scheduled, schedule))

    @property
    def next_due(self) -> float:
        """When something happens next; infinity when nothing is under way."""
        return self._due[0][0] if self._due else inf

    def at(self, when: float, what: Callable[[float], None]) -> None:
        """Let something happen later."""
        heapq.heappush(self._due, (when, next(self._order), what))

    def advance(self, now: float) -> None:
        """Let everything happen that is due up to now."""
        while self._due and self._due[0][0] <= now:
            when, _, what = heapq.heappop(self._due)
            what(when)

    def observe(self, point: Datapoint) -> None:
        """A minute's metrics; alarms see them after the delay of CloudWatch."""
        self.at(point.end + self.settings.metric_delay_seconds, lambda now: self._evaluate(point, now))

    def _scheduled(self, action: Schedule, now: float) -> None:
        """Set the bounds; the desired capacity is brought within them."""
        self.minimum = self.minimum if action.minimum is None else action.minimum
        self.maximum = self.maximum if action.maximum is None else action.maximum
        self.resize(self.desired if action.desired is None else action.desired, now)

    def resize(self, desired: int, now: float) -> None:
        """Go to a capacity within the bounds: launch what is missing, end what is too much."""
        wanted = min(max(desired, self.minimum), self.maximum)
        self.activities += wanted != self.desired
        self.desired = wanted
        self._balance(now)

    def _evaluate(self, point: Datapoint, now: float) -> None:
        since = now - self.settings.warmup_seconds
        warming = any(i.state is State.PENDING or i.serving_from > since for i in self._counted())
        wish = self._policies.wishes(point, self.desired, now, warming=warming)
        if wish is not None and wish != self.desired:
            self.resize(wish, now)

    def _counted(self) -> list[Instance]:
        return [instance for instance in self.instances.values() if instance.state in RUNNING]

    def _balance(self, now: float) -> None:
        counted = self._counted()
        for _ in range(self.desired - len(counted)):
            if not self._launch(now):
                break
        for _ in range(len(counted) - self.desired):
            self._drain(self._surplus(), now)
        self._fill_pool(now)

    def _launch(self, now: float) -> bool:
        """Start an instance, out of the warm pool if one is there; False while the market has none."""
        pool = [i for i in self.instances.values() if i.state is State.WARM]
        if pool:
            instance = pool[0]
            self.bill.warm(instance, now, begins=False)
            self._boot(instance, now, self.settings.boot.warm_seconds)
            return True
        spot = self._wants_spot()
        if spot and any(begin <= now < end for begin, end in self.settings.market.shortages):
            self.short += 1
            if not self._retrying:
                self._retrying = True
                self.at(now + self.settings.market.retry_seconds, self._retry)
            return False
        self._boot(self._new(spot=spot), now, self.settings.boot.cold_seconds)
        return True

    def _retry(self, now: float) -> None:
        self._retrying = False
        self._balance(now)

    def _on_demand(self, size: int) -> int:
        """How many of a group of that size are on demand."""
        return on_demand_count(size, self.settings.on_demand_base, Fraction(self.settings.on_demand_percent, 100))

    def _wants_spot(self) -> bool:
        """Whether the next instance is a spot one."""
        counted = self._counted()
        return sum(not i.spot for i in counted) >= self._on_demand(len(counted) + 1)

    def _new(self, *, spot: bool | None = None) -> Instance:
        bought = self._wants_spot() if spot is None else spot
        # On demand the first type is taken; on the spot market whichever pool has most to give.
        kinds = self.settings.kinds
        kind = kinds[int(self._picks.random() * len(kinds))] if bought else kinds[0]
        instance = Instance(next(self._numbers), kind, spot=bought)
        self.instances[instance.number] = instance
        return instance

    def _boot(self, instance: Instance, now: float, seconds: float) -> None:
        instance.state = State.PENDING
        self.bill.begins(instance, now)
        self.at(now + seconds, lambda then: self._ready(instance, then))
        self._threaten(instance, now)

    def _ready(self, instance: Instance, now: float) -> None:
        if instance.state is State.PENDING:
            self._serve(instance, now)

    def _serve(self, instance: Instance, now: float) -> None:
        if instance.billed_from is None:
            self.bill.begins(instance, now)
            self._threaten(instance, now)
            # What ran before the start is not warming up any more.
            instance.serving_from = -self.settings.warmup_seconds
        else:
            instance.serving_from = now
        instance.state = State.SERVING
        self.serving[instance.number] = instance
        self._watcher.serves(instance, now)
        if self.settings.failures_per_hour:
            after = self._breaks.expovariate(self.settings.failures_per_hour / 3600)
            self.at(now + after, lambda then: self._fail(instance, then))

    def _threaten(self, instance: Instance, now: float) -> None:
        """Draw when the market takes a spot instance back."""
        rate = self.settings.market.interruptions_per_hour
        if instance.spot and rate:
            self.at(now + self._market.expovariate(rate / 3600), lambda then: self._notice(instance, then))

    def _notice(self, instance: Instance, now: float) -> None:
        """Two minutes' notice: it drains at once, and with rebalancing its place is filled at once."""
        if instance.state not in RUNNING:
            return
        self.interrupted += 1
        market = self.settings.market
        self._drain(instance, now, seconds=market.notice_seconds)
        if market.rebalance:
            self._balance(now)
        else:
            self.at(now + market.notice_seconds, self._balance)

    def _fail(self, instance: Instance, now: float) -> None:
        if instance.state is not State.SERVING:
            return
        self.failed += 1
        instance.state = State.FAILING
        self._watcher.fails(instance, now)
        self.at(now + self.settings.detect_seconds, lambda then: self._replace(instance, then))

    def _replace(self, instance: Instance, now: float) -> None:
        if instance.state is State.FAILING:
            self._leave(instance, now)
            self._end(instance, now)
            self._balance(now)

    def _surplus(self) -> Instance:
        """Whom to end: booting ones before others, then whoever is too many of its purchase, then the oldest."""
        counted = self._counted()
        too_many = sum(not i.spot for i in counted) > self._on_demand(self.desired)
        return min(counted, key=lambda i: (i.spot is too_many, i.state is not State.PENDING, i.number))

    def _drain(self, instance: Instance, now: float, seconds: float | None = None) -> None:
        was_pending = instance.state is State.PENDING
        self._leave(instance, now)
        instance.state = State.DRAINING
        if was_pending:
            self._end(instance, now)
            return
        self._watcher.drains(instance, now)
        wait = self.settings.drain_seconds if seconds is None else seconds
        self.at(now + wait, lambda then: self._end(instance, then))

    def _leave(self, instance: Instance, now: float) -> None:
        self.serving.pop(instance.number, None)

    def _end(self, instance: Instance, now: float) -> None:
        if instance.state is State.GONE:
            return
        instance.state = State.GONE
        self.bill.ends(instance, now)
        del self.instances[instance.number]
        self._watcher.ends(instance, now)

    def _fill_pool(self, now: float, *, ready: bool = False) -> None:
        """Keep as many stopped instances as the pool asks for beside those that run."""
        pool = self.settings.warm_pool
        if pool is None:
            return
        waiting = [i for i in self.instances.values() if i.state in (State.WARM, State.FILLING)]
        wanted = max(pool.prepared - self.desired, pool.minimum, 0)
        for _ in range(wanted - len(waiting)):
            instance = self._new()
            instance.state = State.FILLING
            if ready:
                self._pooled(instance, now)
            else:
                self.bill.begins(instance, now)
                boot = self.settings.boot
                self.at(now + boot.cold_seconds - boot.health_seconds, partial(self._pooled, instance))
        for instance in waiting[: max(len(waiting) - wanted, 0)]:
            if instance.state is State.WARM:
                self.bill.warm(instance, now, begins=False)
            self._end(instance, now)

    def _pooled(self, instance: Instance, now: float) -> None:
        if instance.state is State.FILLING:
            self.bill.ends(instance, now)
            instance.state = State.WARM
            self.bill.warm(instance, now, begins=True)
