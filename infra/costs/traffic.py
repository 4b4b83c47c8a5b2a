"""What the workload means for the resources of this project's own components: their usage as curves of volume."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from infra.costs.capacity import ModelCapacity
from infra.costs.curves import Curve
from infra.costs.items import Quantity, fixed
from infra.costs.quantities import RULES
from infra.costs.simulated import SimulatedUse
from infra.costs.stack import Resource, Stack
from infra.costs.workload import SECONDS_IN_AN_HOUR, Workload

BYTES_IN_A_GB: Final = 1_000_000_000
GROUP: Final = "aws:autoscaling/group:Group"


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """An autoscaling group whose size follows its `share` of the traffic; an instance answers `rate` a second.

    `instances` is the average rule's number, also where a simulation's is billed.
    """

    resource: Resource
    instance_type: str
    rate: Fraction
    share: Fraction
    instances: Curve


@dataclass(slots=True, kw_only=True)
class StackTraffic:
    """The workload, seen from the resources of one stack.

    `planned_part` of the average rate is what instances are planned for where others answer the rest; None: all of it.
    `simulated`, by the names of groups, takes the place of the average rule where the instances answer everything.
    """

    workload: Workload
    stack: Stack
    capacity: ModelCapacity | None = None
    planned_part: Fraction | None = None
    simulated: Mapping[str, SimulatedUse] = field(default_factory=dict)
    groups: list[PlannedGroup] = field(default_factory=list)
    average: Quantity = field(default_factory=lambda: fixed(0))
    notes: list[str] = field(default_factory=list)
    varies: bool = False
    """Set where an answer depends on the instances or on the shape of the volume."""

    @property
    def instances_of_all(self) -> Quantity:
        """Instances of our groups, averaged over the month."""
        self.varies = True
        return self.average

    @property
    def closed_share(self) -> Fraction:
        """Share of the month in which no request comes."""
        self.varies = True
        return 1 - Fraction(self.workload.volume.hours_open_per_day) / 24

    def size_kb(self, key: str) -> Decimal | None:
        """KB of one request as the gateway meters it."""
        return self.workload.request.kb_in if key == "request_size_kb" else None

    def quantity(self, resource: Resource, key: str) -> Quantity | None:
        """The monthly quantity behind a usage key of one of our resources; None where the workload says nothing."""
        rule = RULES.get((resource.type, key))
        return rule(self, resource) if rule and resource.component else None

    def instances(
        self, resource: Resource, size: tuple[int, int], types: tuple[str, ...], share: Fraction
    ) -> Curve | None:
        """Instances while requests come: the average rate over what one is planned to answer; limited by the peak.

        `size` is minimum and maximum, `share` the part of the traffic that comes to this group.
        """
        rate = self.rate(types[0])
        if rate is None:
            return None
        if not share:
            return Curve.constant(size[0])
        self.groups.append(
            PlannedGroup(resource, types[0], rate, share, self._needed(resource, size, types, share, rate))
        )
        return self.groups[-1].instances

    def _needed(
        self, resource: Resource, size: tuple[int, int], types: tuple[str, ...], share: Fraction, rate: Fraction
    ) -> Curve:
        minimum, maximum = size
        seconds = self.workload.open_seconds / share
        planned = rate * Fraction(self.workload.serving.utilisation) * seconds
        if self.planned_part is not None:
            return Curve.steps(planned / self.planned_part, *size) if self.planned_part else Curve.constant(minimum)
        most = maximum * rate * seconds / Fraction(self.workload.volume.peak_to_average)
        part = "" if share == 1 else f", with {_percent(share)} of the traffic"
        reason = f"{resource.name} at its maximum of {maximum} x {types[0]}, {float(rate):g} a second each{part}"
        return Curve.steps(planned, minimum, maximum).limited(most, reason)

    def simulated_use(self, resource: Resource) -> SimulatedUse | None:
        """What a simulation found for a group; None where there is none, or others answer a part of its traffic."""
        return self.simulated.get(resource.name) if self.planned_part is None else None

    def sizing(self, types: tuple[str, ...], share: Fraction) -> str:
        """In words how many instances the traffic needs; empty when the capacity of the type is not known."""
        rate = self.rate(types[0])
        if rate is None:
            return ""
        volume, utilisation = self.workload.volume, self.workload.serving.utilisation
        asked = Fraction(volume.per_month) / self.workload.open_seconds * share
        part = "" if share == 1 else f" ({_percent(share)} of the traffic)"
        return (
            f"{float(asked):.3g} {volume.unit} a second on average{part} over what one {types[0]} is planned for: "
            f"{float(rate):g} a second x serving.utilisation {utilisation}, rounded up"
        )

    def rate(self, instance_type: str) -> Fraction | None:
        """Units a second of one instance: stated in the workload, else the model's figure."""
        self.varies = True
        stated = dict(self.workload.capacity).get(instance_type)
        if stated is not None:
            return Fraction(stated)
        figure = self.capacity.of(instance_type) if self.capacity else None
        return Fraction(figure.rate_per_second) if figure else None

    @property
    def requests(self) -> Curve:
        """Requests a month."""
        return Curve.linear(self.workload.requests_per_unit)

    @property
    def documents(self) -> Decimal:
        """Documents a month, where the stack takes any in."""
        return self.workload.documents.per_month

    def per_second(self, requests: Fraction) -> Curve:
        """A rate averaged over the month, of so many per request."""
        return self.requests * requests / (Fraction(self.workload.volume.hours_per_month) * SECONDS_IN_AN_HOUR)

    def gb(self, bytes_per_request: Decimal) -> Curve:
        """GB a month of so many bytes a request."""
        return self.requests * Fraction(bytes_per_request) / BYTES_IN_A_GB


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g} %"
