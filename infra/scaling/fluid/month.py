"""A month in steps of seconds: requests as a flow, the group exact, latencies from exact runs at the same load.

What is simplified beside the exact simulation: requests have no identity, so counts are fractions; within a step they
arrive at one rate (at random, not in bursts of their own); instances share the load and the queue by their speed; a
queue that lasts less than a step is seen only as what its load makes of it in the long run.
"""

from collections import defaultdict, deque
from math import exp, inf

from infra.scaling.fluid.queue import FlowQueue
from infra.scaling.fluid.service import Service
from infra.scaling.fluid.tally import Tally, Window
from infra.scaling.group import Datapoint, Group, GroupSettings, Instance, State
from infra.scaling.result import Loss, Moment, Run
from infra.scaling.traffic import Trace

MINUTE = 60.0
STEP_SECONDS = 10.0
LEAST_WAIT_SECONDS = 1e-4
CROWDED_LOAD = 0.8
ROUNDING = 1e-9
NOTE = "a flow in steps of {step:g} s: counts are fractions, latencies are those of exact runs at the same load"


class Month:
    """The group under a trace, step by step; `moment_seconds` is the step of the series."""

    def __init__(
        self,
        settings: GroupSettings,
        trace: Trace,
        *,
        seed: int = 0,
        step_seconds: float = STEP_SECONDS,
        moment_seconds: float = 300.0,
    ) -> None:
        self.settings, self.trace, self.step = settings, trace, step_seconds
        self.group = Group(settings, seed=seed, watcher=self)
        self.lost: defaultdict[Loss, float] = defaultdict(float)
        self.arrived = self.answered = 0.0
        self.series: list[Moment] = []
        self._moment_seconds = moment_seconds
        self._service = Service(settings.kinds[0].server)
        self._queue, self._tally, self._window = FlowQueue(), Tally(), Window(0.0)
        self._tokens = settings.gateway.burst
        self._tries: list[deque[tuple[float, float]]] = [deque() for _ in range(settings.clients.retries)]
        """Requests between two tries: when they come back, and how many; the second try first."""
        self._minute = [0.0, 0.0, 0.0]
        self._healthy, self._failing, self._rate, self._limit = 0, 0, 0.0, 0.0
        self._stale = True

    # The group's watcher

    def serves(self, instance: Instance, now: float) -> None:
        """It takes requests from now on."""
        self._stale = True

    drains = ends = serves

    def fails(self, instance: Instance, now: float) -> None:
        """It is dead, with its part of the queue, and requests still go to it."""
        self._stale = True
        if self._healthy:
            self._lose(0, self._queue.drop(1 / self._healthy), "failed_instance", now)

    def _count(self) -> None:
        healthy = [i for i in self.group.serving.values() if i.state is State.SERVING]
        self._healthy, self._failing = len(healthy), len(self.group.serving) - len(healthy)
        self._rate = sum(i.kind.server.rate_per_second for i in healthy)
        self._limit = float(sum(i.kind.server.queue_limit for i in healthy))
        self._stale = False

    # Time

    def run(self, seconds: float | None = None, most_lost: float = inf) -> Run:
        """Simulate the trace, or its first seconds; it ends early once more than `most_lost` requests are lost."""
        length = self.trace.seconds if seconds is None else seconds
        self.group.start(self.trace.start, length)
        now, minute, moment = 0.0, MINUTE, self._moment_seconds
        counts, width = self.trace.counts, self.trace.step_seconds
        for number in range(round(length / self.step)):
            now = number * self.step
            self.group.advance(now)
            self._pass(now, counts[int(now / width)] * self.step / width)
            now += self.step
            if now >= minute:
                self._observe(minute)
                minute += MINUTE
            if now >= moment:
                self._next_moment(now)
                moment += self._moment_seconds
                if sum(self.lost.values()) > most_lost:
                    break
        if self._window.seconds:
            self._next_moment(now)
        self.group.advance(now)
        self.group.bill.close(now)
        return self._result(now)

    def _observe(self, end: float) -> None:
        requests, serving, busy = self._minute
        self._minute = [0.0, 0.0, 0.0]
        self.group.observe(
            Datapoint(end=end, requests=requests, serving=serving / MINUTE, busy=busy / serving if serving else None)
        )

    def _next_moment(self, now: float) -> None:
        self.series.append(self._window.moment())
        self._window = Window(now)

    def _pass(self, now: float, fresh: float) -> None:
        """One step: requests come, are admitted, served, lost or kept."""
        if self._stale:
            self._count()
        self.arrived += fresh
        self._window.arrived += fresh
        serving = self._healthy + self._failing
        self._window.sizes(self.step, self.group.desired, serving, self.group.bill.running)
        self._minute[1] += serving * self.step
        tries = [fresh, *(_due(waiting, now + self.step) for waiting in self._tries)]
        admitted = self._admitted(sum(tries))
        total = sum(tries) or 1.0
        self._minute[0] += admitted
        for attempt, amount in enumerate(tries):
            self._lose(attempt, amount * (1 - admitted / total), "throttled", now)
        self._serve(now, [amount * admitted / total for amount in tries])

    def _admitted(self, asked: float) -> float:
        """The gateway's token bucket."""
        gateway = self.settings.gateway
        # What comes in during the step may be spent in it; only a full bucket is carried over.
        tokens = self._tokens + gateway.rate_per_second * self.step
        admitted = min(asked, tokens)
        self._tokens = min(tokens - admitted, gateway.burst)
        return admitted

    def _serve(self, now: float, tries: list[float]) -> None:
        asked = sum(tries)
        if not self._healthy:
            why: Loss = "failed_instance" if self._failing else "no_instance"
            self._lose(0, self._queue.drop(1.0), "failed_instance", now)
            for attempt, amount in enumerate(tries):
                self._lose(attempt, amount, why, now)
            return
        if self._failing:
            dead = self._to_the_dead(asked)
            for attempt, amount in enumerate(tries):
                self._lose(attempt, amount * dead, "failed_instance", now)
            tries = [amount * (1 - dead) for amount in tries]
            asked = sum(tries)
        capacity = self._rate * self.step
        before = self._queue.total
        self._minute[2] += self._busy(asked + before, capacity) * self._healthy * self.step
        if before + asked <= capacity:
            held = self._queue.take(before)
            self._answer(now, held + asked, tries, asked / capacity, before / 2 / self._rate)
        else:
            self._crowd(now, tries, asked, capacity)

    def _crowd(self, now: float, tries: list[float], asked: float, capacity: float) -> None:
        """More than can be served in this step: a queue, up to its limit; beyond it, and beyond the timeout, losses."""
        queue = self._queue
        before = queue.total
        room = max(self._limit + capacity - before, 0.0)
        kept = min(asked, room) / asked if asked else 1.0
        wait = (before + max(before + asked * kept - capacity, 0.0)) / 2 / self._rate
        # Those who would wait longer than the gateway does are worked on all the same, for nobody.
        in_time = 1.0 if wait < self.settings.gateway.timeout_seconds else 0.0
        for attempt, amount in enumerate(tries):
            self._lose(attempt, amount * (1 - kept), "queue_full", now)
            self._lose(attempt, amount * kept * (1 - in_time), "timeout", now)
        queue.put(asked * kept, asked * kept * in_time)
        # The queue is counted already: what comes on top is no more than a busy server takes.
        self._answer(now, queue.take(capacity), tries, CROWDED_LOAD, wait)

    def _answer(self, now: float, amount: float, tries: list[float], load: float, wait: float) -> None:
        """So many are done in this step, made up as those that came; some may come too late for the gateway."""
        if not amount:
            return
        below, above, share = self._service.at(load, self._healthy)
        late = wait if wait > LEAST_WAIT_SECONDS else 0.0
        came = sum(tries)
        answered = backoff = 0.0
        for attempt, tried in enumerate(tries if came else [1.0]):
            part = amount * (tried / came if came else 1.0)
            limit = self.settings.gateway.timeout_seconds + backoff
            in_time = self._tally.add(below, part * (1 - share), late + backoff, limit) if part else 0.0
            if part and share:
                in_time += self._tally.add(above, part * share, late + backoff, limit)
            if part - in_time > ROUNDING * part:
                self._lose(attempt, part - in_time, "timeout", now)
            answered += in_time
            backoff += self.settings.clients.backoff_seconds * 2**attempt
        self.answered += answered
        self._window.answered += answered
        self._window.latency(
            answered,
            below.p50 + share * (above.p50 - below.p50) + late,
            below.p99 + share * (above.p99 - below.p99) + late,
        )

    def _busy(self, work: float, capacity: float) -> float:
        """The share of the workers' time that is taken; a batch that is not full takes more of it a request."""
        if work >= capacity:
            return 1.0
        below, above, share = self._service.at(work / capacity, self._healthy)
        return below.busy + share * (above.busy - below.busy)

    def _to_the_dead(self, asked: float) -> float:
        """The share of requests that goes to instances which are dead and not found out yet.

        They have no outstanding requests, so they get one whenever every other instance has (docs/traffic.md).
        """
        each = asked / self.step / self._healthy
        cell, _, _ = self._service.at(min(asked / (self._rate * self.step), 1.0), self._healthy)
        occupied = 1 - exp(-each * cell.mean)
        free = self._healthy * (1 - occupied)
        return occupied**self._healthy + (1 - occupied**self._healthy) * self._failing / (self._failing + free)

    def _lose(self, attempt: int, amount: float, why: Loss, now: float) -> None:
        """No answer to this try: the client comes back, or the request is lost."""
        if amount <= 0:
            return
        if attempt < len(self._tries):
            wait = self.settings.clients.backoff_seconds * 2**attempt
            self._tries[attempt].append((now + max(wait, self.step), amount))
            return
        self.lost[why] += amount
        self._window.lost += amount

    def _result(self, seconds: float) -> Run:
        group = self.group
        return Run(
            engine="fluid",
            name=self.trace.name,
            start=self.trace.start,
            seconds=seconds,
            arrived=self.arrived,
            answered=self.answered,
            lost=dict(self.lost),
            waiting=self._queue.alive + sum(amount for tries in self._tries for _, amount in tries),
            latencies=self._tally.latencies(),
            series=tuple(self.series),
            instance_seconds=dict(group.bill.seconds),
            warm_seconds=group.bill.warm_seconds,
            interrupted=group.interrupted,
            failed=group.failed,
            activities=group.activities,
            short=group.short,
            notes=(NOTE.format(step=self.step),),
        )


def _due(waiting: deque[tuple[float, float]], now: float) -> float:
    found = 0.0
    while waiting and waiting[0][0] < now:
        found += waiting.popleft()[1]
    return found
