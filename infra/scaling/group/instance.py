"""One instance of the simulated group, and what the group tells of it."""

from enum import StrEnum
from typing import Protocol

from infra.scaling.group.settings import Kind


class State(StrEnum):
    """Where an instance is in its life."""

    PENDING = "pending"
    SERVING = "serving"
    FAILING = "failing"  # dead, and the health checks have not seen it yet
    DRAINING = "draining"
    FILLING = "filling"  # on its way into the warm pool
    WARM = "warm"  # stopped, in the warm pool
    GONE = "gone"


class Instance:
    """An instance: its type, how it is bought, its state, and since when it is billed (None: it is not)."""

    __slots__ = ("billed_from", "kind", "number", "serving_from", "spot", "state")

    def __init__(self, number: int, kind: Kind, *, spot: bool) -> None:
        self.number, self.kind, self.spot = number, kind, spot
        self.state = State.PENDING
        self.billed_from: float | None = None
        self.serving_from = 0.0


class Watcher(Protocol):
    """Who is told when an instance begins to serve, begins to drain, or ends."""

    def serves(self, instance: Instance, now: float) -> None:
        """It takes requests from now on."""

    def fails(self, instance: Instance, now: float) -> None:
        """It is dead, and requests still go to it."""

    def drains(self, instance: Instance, now: float) -> None:
        """It takes no new requests."""

    def ends(self, instance: Instance, now: float) -> None:
        """It is gone, with whatever it still had."""


class Nobody:
    """A watcher who does not listen."""

    def serves(self, instance: Instance, now: float) -> None:
        """It takes requests from now on."""

    fails = drains = ends = serves
