"""Instance-hours as they are billed: by type and purchase, from launch to end, each at least a minute."""

from collections import defaultdict

from infra.scaling.group.instance import Instance

LEAST_SECONDS = 60.0
"""Linux instances are billed by the second, a minute at least."""


class Bill:
    """Seconds billed, and how many instances are being billed now."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, bool], float] = defaultdict(float)
        """By instance type and whether it is spot; of instances that ended, until `close`."""
        self.warm_seconds = 0.0
        """Instance-seconds in the warm pool, stopped: their disks are paid, not they."""
        self.running = self.warmed = 0
        self._open: dict[int, Instance] = {}
        self._warm_from: dict[int, float] = {}

    def begins(self, instance: Instance, now: float) -> None:
        """An instance runs from now on."""
        instance.billed_from = now
        self._open[instance.number] = instance
        self.running += 1

    def ends(self, instance: Instance, now: float) -> None:
        """It does not run any more; nothing happens to one that did not."""
        if instance.billed_from is None:
            return
        self.seconds[instance.kind.name, instance.spot] += max(now - instance.billed_from, LEAST_SECONDS)
        instance.billed_from = None
        self._open.pop(instance.number, None)
        self.running -= 1

    def warm(self, instance: Instance, now: float, *, begins: bool) -> None:
        """An instance enters the warm pool stopped, or leaves it."""
        if begins:
            self._warm_from[instance.number] = now
            self.warmed += 1
        else:
            self.warm_seconds += now - self._warm_from.pop(instance.number)
            self.warmed -= 1

    def close(self, now: float) -> None:
        """The run ends: what is under way counts up to now, without a minute's minimum."""
        for instance in self._open.values():
            if instance.billed_from is not None:
                self.seconds[instance.kind.name, instance.spot] += now - instance.billed_from
                instance.billed_from = now
        for number, since in self._warm_from.items():
            self.warm_seconds += now - since
            self._warm_from[number] = now
