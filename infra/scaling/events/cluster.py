"""The whole group in events: gateway, balancer, instances that come and go, clients that try again."""

from collections import defaultdict, deque
from collections.abc import Generator, Iterable
from random import Random
from typing import Any

import simpy

from infra.scaling.events.machine import Machine, Request
from infra.scaling.events.serve import least
from infra.scaling.group import Datapoint, Group, GroupSettings, Instance
from infra.scaling.latency import Latencies
from infra.scaling.result import Loss, Moment, Run
from infra.scaling.traffic import Trace, arrivals

MINUTE = 60.0


class Cluster:
    """Everything a request meets, as one simulation of a trace. Latency is what the client sees, its retries in it."""

    def __init__(self, settings: GroupSettings, trace: Trace, *, seed: int = 0) -> None:
        self.settings, self.trace = settings, trace
        self.env = simpy.Environment()
        self.latencies, self._window = Latencies(), Latencies()
        self.lost: defaultdict[Loss, int] = defaultdict(int)
        self.arrived = self.answered = self._between_tries = 0
        self.series: list[Moment] = []
        self._random = Random(f"{seed} requests")
        self._seed = seed
        self._machines: dict[int, Machine] = {}
        self._listed: list[Machine] = []
        self._failing: set[Machine] = set()
        self._deadlines: deque[Request] = deque()
        self._tokens, self._filled = settings.gateway.burst, 0.0
        self._forwarded = 0
        self._begun, self._before = 0.0, (0, 0, 0)
        self.group = Group(settings, seed=seed, watcher=self)

    def run(self, seconds: float | None = None) -> Run:
        """Simulate the trace, or its first seconds."""
        length = self.trace.seconds if seconds is None else seconds
        self.group.start(self.trace.start, length)
        self.env.process(self._arrive(arrivals(self.trace, seed=self._seed, begin=0.0, end=length)))
        self.env.process(self._clock())
        self.env.process(self._give_up())
        self.env.run(until=length)
        self.group.advance(length)
        self.group.bill.close(length)
        if length > self._begun:
            self._moment(length)
        return self._result(length)

    # The group's watcher

    def serves(self, instance: Instance, now: float) -> None:
        """It takes requests from now on."""
        machine = Machine(self.env, instance.kind.server, self._random, self._done)
        self._machines[instance.number] = machine
        self._list()

    def fails(self, instance: Instance, now: float) -> None:
        """It is dead, and requests still go to it."""
        machine = self._machines[instance.number]
        self._failing.add(machine)
        for request in machine.die():
            self._lose(request, "failed_instance")

    def drains(self, instance: Instance, now: float) -> None:
        """It takes no new requests."""
        self._list()

    def ends(self, instance: Instance, now: float) -> None:
        """It is gone, with whatever it still had."""
        machine = self._machines.pop(instance.number, None)
        if machine is not None:
            for request in machine.die():
                self._lose(request, "failed_instance")
            self._failing.discard(machine)
        self._list()

    def _list(self) -> None:
        self._listed = [self._machines[number] for number in self.group.serving if number in self._machines]

    # Requests

    def _arrive(self, times: Iterable[float]) -> Generator[simpy.Event, None, None]:
        for when in times:
            if when > self.env.now:
                yield self.env.timeout(when - self.env.now)
            self.arrived += 1
            self._try(Request(when, when))

    def _try(self, request: Request) -> None:
        if not self._admitted():
            self._lose(request, "throttled")
            return
        self._forwarded += 1
        if not self._listed:
            self._lose(request, "no_instance")
            return
        machine = least(self._listed, self._random)
        if machine in self._failing:
            self._lose(request, "failed_instance")
        elif machine.offer(request):
            self._deadlines.append(request)
        else:
            self._lose(request, "queue_full")

    def _admitted(self) -> bool:
        """The gateway's token bucket."""
        gateway, now = self.settings.gateway, self.env.now
        self._tokens = min(gateway.burst, self._tokens + (now - self._filled) * gateway.rate_per_second)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _done(self, machine: Machine, request: Request) -> None:
        if not request.open:
            return
        request.open = False
        self.answered += 1
        seconds = self.env.now - request.born + machine.server.overhead_seconds
        self.latencies.add(seconds)
        self._window.add(seconds)

    def _lose(self, request: Request, why: Loss) -> None:
        """No answer to this try: the client waits and asks again, or the request is lost."""
        if not request.open:
            return
        request.open = False
        clients = self.settings.clients
        if request.attempt >= clients.retries:
            self.lost[why] += 1
            return
        wait = clients.backoff_seconds * 2**request.attempt
        event: Any = self.env.timeout(wait, (request.born, request.attempt + 1))
        self._between_tries += 1
        event.callbacks.append(self._again)

    def _again(self, event: Any) -> None:
        self._between_tries -= 1
        born, attempt = event.value
        self._try(Request(born, self.env.now, attempt))

    def _give_up(self) -> Generator[simpy.Event, None, None]:
        """The gateway's timeout, in the order of arrival. The server does not know, and works on."""
        limit = self.settings.gateway.timeout_seconds
        while True:
            while self._deadlines and self._deadlines[0].arrived + limit <= self.env.now + 1e-9:
                self._lose(self._deadlines.popleft(), "timeout")
            while self._deadlines and not self._deadlines[0].open:
                self._deadlines.popleft()
            due = self._deadlines[0].arrived + limit if self._deadlines else self.env.now + limit
            yield self.env.timeout(max(due - self.env.now, 1e-3))

    # Time

    def _clock(self) -> Generator[simpy.Event, None, None]:
        minute = MINUTE
        while True:
            due = min(minute, self.group.next_due)
            yield self.env.timeout(max(due - self.env.now, 0.0))
            self.group.advance(self.env.now)
            if self.env.now >= minute:
                self._observe(minute)
                minute += MINUTE

    def _observe(self, end: float) -> None:
        machines = self._listed
        slots = sum(machine.server.workers for machine in machines) * MINUTE
        busy = sum(machine.take_busy_seconds() for machine in machines)
        forwarded, self._forwarded = self._forwarded, 0
        self.group.observe(
            Datapoint(
                end=end,
                requests=forwarded,
                serving=len(machines),
                busy=min(busy / slots, 1.0) if slots else None,
            )
        )
        self._moment(end)

    def _moment(self, end: float) -> None:
        lost = sum(self.lost.values())
        arrived, answered, before = self._before
        self.series.append(
            Moment(
                begin=self._begun,
                seconds=end - self._begun,
                arrived=self.arrived - arrived,
                answered=self.answered - answered,
                lost=lost - before,
                desired=self.group.desired,
                serving=len(self._listed),
                running=self.group.bill.running,
                p50=self._window.quantile(0.5),
                p99=self._window.quantile(0.99),
            )
        )
        self._begun, self._before = end, (self.arrived, self.answered, lost)
        self._window = Latencies()

    def _result(self, seconds: float) -> Run:
        group = self.group
        return Run(
            engine="exact",
            name=self.trace.name,
            start=self.trace.start,
            seconds=seconds,
            arrived=self.arrived,
            answered=self.answered,
            lost=dict(self.lost),
            waiting=self._between_tries + sum(r.open for m in self._machines.values() for r in m.inside()),
            latencies=self.latencies,
            series=tuple(self.series),
            instance_seconds=dict(group.bill.seconds),
            warm_seconds=group.bill.warm_seconds,
            interrupted=group.interrupted,
            failed=group.failed,
            activities=group.activities,
            short=group.short,
        )
