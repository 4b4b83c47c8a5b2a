"""A closed loop in the simulation: so many callers, each of which asks again as soon as it is answered."""

from random import Random

import simpy

from infra.scaling.events.machine import Machine, Request
from infra.scaling.server import Server

SETTLING_SHARE = 0.2


def closed_loop(server: Server, callers: int, *, requests: int = 3_000, seed: int = 0) -> float:
    """Answers a second once it has settled; the overhead outside the workers is part of each caller's round."""
    env = simpy.Environment()
    settling = int(requests * SETTLING_SHARE)
    begun = 0.0
    done = 0

    def answered(machine: Machine, request: Request) -> None:
        env.timeout(server.overhead_seconds).callbacks.append(again)

    def again(event: simpy.Event) -> None:
        nonlocal done, begun
        done += 1
        if done == settling:
            begun = env.now
        if done < requests:
            machine.offer(Request(env.now, env.now))

    machine = Machine(env, server, Random(seed), answered)
    for _ in range(callers):
        machine.offer(Request(0.0, 0.0))
    while done < requests:
        env.step()
    return (requests - settling) / (env.now - begun)
