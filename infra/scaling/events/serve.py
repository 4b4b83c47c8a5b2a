"""Requests at given times to a fixed number of servers: what queueing theory speaks of, and a measured server shows."""

from array import array
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import simpy

from infra.scaling.events.machine import Machine, Request
from infra.scaling.server import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What became of every request: latencies in seconds in the order of the answers, and how many were refused;
    `busy_seconds` are those of all workers together."""

    latencies: Sequence[float]
    arrived: int
    refused: int
    seconds: float
    busy_seconds: float

    @property
    def answered(self) -> int:
        """Requests with an answer; with those refused they are all that arrived."""
        return len(self.latencies)

    @property
    def rate_per_second(self) -> float:
        """Answers a second from the start to the last answer."""
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def mean(self) -> float:
        """Seconds from arrival to answer, on average."""
        return sum(self.latencies) / max(len(self.latencies), 1)

    def quantile(self, share: float) -> float:
        """Seconds within which that share of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def poisson(rate_per_second: float, random: Random, count: int) -> Iterator[float]:
    """Times of so many arrivals that know nothing of each other."""
    now = 0.0
    for _ in range(count):
        now += random.expovariate(rate_per_second)
        yield now


def serve(arrivals: Iterable[float], server: Server, *, instances: int = 1, seed: int = 0) -> Served:
    """Answer requests that arrive at rising times, each by the instance with the fewest outstanding ones.

    That is a load balancer's least_outstanding_requests; of several with as few, one is drawn. Every request is
    followed to its answer; nothing is lost but what a full queue refuses. The same seed gives the same run.
    """
    env = simpy.Environment()
    random = Random(seed)
    latencies = array("d")
    refused = arrived = 0
    last = 0.0
    overhead = server.overhead_seconds

    def answered(machine: Machine, request: Request) -> None:
        nonlocal last
        last = env.now
        latencies.append(last - request.arrived + overhead)

    machines = [Machine(env, server, random, answered) for _ in range(instances)]

    def arrive() -> Generator[simpy.Event, None, None]:
        nonlocal refused, arrived
        for when in arrivals:
            if when > env.now:
                yield env.timeout(when - env.now)
            arrived += 1
            machine = machines[0] if instances == 1 else least(machines, random)
            if not machine.offer(Request(when, when)):
                refused += 1

    env.process(arrive())
    env.run()
    worked = sum(machine.take_busy_seconds() for machine in machines)
    return Served(latencies=latencies, arrived=arrived, refused=refused, seconds=last, busy_seconds=worked)


def least(machines: Sequence[Machine], random: Random) -> Machine:
    """One of those with the fewest outstanding requests."""
    fewest = min(machine.outstanding for machine in machines)
    free = [machine for machine in machines if machine.outstanding == fewest]
    return free[0] if len(free) == 1 else free[int(random.random() * len(free))]
