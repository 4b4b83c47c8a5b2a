"""Autoscaling groups: how many instances in each case, of which types, bought how, with what disks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Final

from infra.costs.curves import Curve
from infra.costs.errors import InputError
from infra.costs.items import Cases, LineItem, Quantity, fixed
from infra.costs.pricers.compute import (
    INSTANCE_USAGE,
    SUBNET,
    HourPrice,
    Machine,
    extras,
    hour_price,
    usage_label,
)
from infra.costs.pricers.machines import machine_of
from infra.costs.pricers.volumes import volume_lines
from infra.costs.pricing import Pricing, prices, times
from infra.costs.purchase import on_demand_count
from infra.costs.simulated import SimulatedUse
from infra.costs.stack import Inputs, Resource, Unreadable, missing

SCHEDULE: Final = "aws:autoscaling/schedule:Schedule"
MOST_INSTANCES: Final = 10_000
TRAFFIC_TAG: Final = "trafficPercent"
"""A group's share of the traffic, where several share it: a canary's weight, and what it leaves the main group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An autoscaling group's size and purchase, read from its inputs."""

    machine: Machine
    types: tuple[str, ...]
    minimum: int
    maximum: int
    desired: int
    on_demand_base: int = 0
    on_demand_share: Fraction = Fraction(1)
    public_addresses: int = 0
    traffic_share: Fraction = Fraction(1)

    @property
    def summary(self) -> str:
        """The group in a few words: `1-4 x spot g4dn.xlarge, g5.xlarge`."""
        size = f"{self.minimum}-{self.maximum}" if self.maximum > self.minimum else f"{self.minimum}"
        bought = "spot " if not self.on_demand_share and not self.on_demand_base else ""
        return f"{size} x {bought}{', '.join(self.types)}"

    def on_demand(self, instances: Fraction) -> int:
        """How many of a number of instances are on demand."""
        return on_demand_count(instances, self.on_demand_base, self.on_demand_share)


@prices(
    "aws:autoscaling/group:Group", usage=(*INSTANCE_USAGE, "instances", "monthly_hours", "monthly_standard_io_requests")
)
def autoscaling_group(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """All instances of a group: hours by purchase, then disks, monitoring, addresses and the warm pool."""
    group = _group(resource, pricing)
    running = _running(resource, pricing, group)
    use = _simulated(resource, pricing)
    closed = pricing.traffic.closed_share if pricing.traffic else Fraction(0)

    def averaged(count: Curve) -> Curve:
        # With nobody asking the group falls back to its minimum.
        return count * (1 - closed) + count.at_zero * closed if closed else count

    on_demand = running.map(lambda count: averaged(count.through(group.on_demand)))
    spot = running.map(lambda count: averaged(count.through(lambda n: n - group.on_demand(n))))
    average = running.map(averaged)
    if use:
        # The closed hours are in these curves already.
        on_demand, spot = replace(on_demand, expected=use.on_demand), replace(spot, expected=use.spot)
        average = replace(average, expected=use.running)
    for kind_spot, share in ((False, on_demand), (True, spot)):
        # On dedicated hosts the hosts are paid, not the instances.
        if not group.machine.on_host and not (share.low.is_zero and share.expected.is_zero and share.high.is_zero):
            yield from _hours(pricing, group, _of_month(pricing, share, use), use, spot=kind_spot)
    hours = _of_month(pricing, average, use)
    yield from extras(pricing, group.machine, hours, average)
    if group.public_addresses:
        label, price = "Public IPv4 addresses", "network.public_ipv4_hour"
        yield pricing.line(label, hours, price, unit="hours", short="addresses")
    yield from _warm_pool(resource, pricing, group, running, use)
    if not use and pricing.stack.owners(resource, "autoscalingGroupName", SCHEDULE):
        pricing.notes.append(f"{resource.name}: its schedules are not counted, its own minimum and maximum are")


def _of_month(pricing: Pricing, count: Quantity, use: SimulatedUse | None) -> Quantity:
    """Instance-hours of an average number; the usage file's hours of one say nothing about a simulated average."""
    stated = pricing.stated("monthly_hours")
    hours = count.map(lambda c: c * (pricing.hours if stated is None else stated))
    return replace(hours, expected=count.expected * pricing.hours) if use else hours


def _hours(
    pricing: Pricing, group: Group, hours: Quantity, use: SimulatedUse | None, *, spot: bool
) -> Iterator[LineItem]:
    machines = (replace(group.machine, instance_type=name, spot=spot) for name in group.types)
    bought: list[HourPrice] = [hour_price(pricing, machine) for machine in machines]
    first = bought[0]
    spread = (min(b.low for b in bought), max(b.high for b in bought))
    steady = spread == (first.price.amount, first.price.amount)
    label = usage_label(pricing, first.kind, group.types[0])
    others = f"; range over {', '.join(group.types)}" if len(group.types) > 1 else ""
    sizing = use.basis if use else _sizing(pricing, group)
    basis = f"{first.basis or 'instances x hours'}{others}{f'; instances: {sizing}' if sizing else ''}"
    yield pricing.line(
        label,
        hours,
        first.price,
        unit="hours",
        basis=basis,
        short=group.summary,
        spread=None if steady else spread,
    )


def _sizing(pricing: Pricing, group: Group) -> str:
    """In words where the number of instances comes from; empty where the traffic has no say in it."""
    if pricing.traffic is None or pricing.stated("instances") is not None:
        return ""
    if group.traffic_share != 1 and group.minimum == group.maximum:
        return f"{group.minimum}, fixed; {float(group.traffic_share * 100):g} % of the traffic comes here"
    return pricing.traffic.sizing(group.types, group.traffic_share)


def _running(resource: Resource, pricing: Pricing, group: Group) -> Quantity:
    """Instances while requests come: stated, else what the traffic needs, else desired, else the minimum."""
    stated = pricing.stated("instances")
    if stated is not None:
        return fixed(stated)
    low, high = Curve.constant(group.minimum), Curve.constant(group.maximum)
    needed = None
    if pricing.traffic:
        size = (group.minimum, group.maximum)
        needed = pricing.traffic.instances(resource, size, group.types, group.traffic_share)
    return Cases(low, needed or Curve.constant(group.desired), high)


def _simulated(resource: Resource, pricing: Pricing) -> SimulatedUse | None:
    """What a simulation found for the group, unless the usage file states its instances."""
    use = pricing.traffic.simulated_use(resource) if pricing.traffic else None
    if use and pricing.stated("instances") is not None:
        pricing.notes.append(f"{resource.name}: its instances are stated, the simulated ones are not used")
        return None
    return use


def _warm_pool(
    resource: Resource, pricing: Pricing, group: Group, running: Quantity, use: SimulatedUse | None
) -> Iterator[LineItem]:
    """Instances kept ready: stopped ones keep their disks, running ones cost as much as any."""
    pool = resource.inputs.object("warmPool")
    if not len(pool):
        if use and not use.warm.is_zero:
            said = "instances wait in a warm pool, and the group has none"
            raise InputError(f"simulated group {resource.name}", said, "simulate the group as it is")
        return
    prepared = pool.count("maxGroupPreparedCapacity", group.maximum)
    smallest = pool.count("minSize", 0)
    waiting = running.map(lambda c: c.through(lambda n: max(prepared - n, Fraction(smallest))))
    state = pool.text("poolState") or "Stopped"
    basis = f"instances waiting {state.lower()} up to {prepared} prepared"
    if use:
        waiting, basis = replace(waiting, expected=use.warm), f"instances waiting {state.lower()}: {use.basis}"
    if state == "Running":
        price = hour_price(pricing, group.machine)
        label = f"Warm pool instances ({price.kind}, {group.types[0]})"
        hours = times(waiting, pricing.hours)
        yield pricing.line(label, hours, price.price, unit="hours", basis=basis, spread=price.spread)
    for part, disk, _ in group.machine.disks:
        yield from volume_lines(pricing, disk, waiting, f"warmPool.{part}", basis)


def _group(resource: Resource, pricing: Pricing) -> Group:
    inputs = resource.inputs
    mixed = inputs.object("mixedInstancesPolicy")
    machine, address = machine_of(resource, pricing, mixed)
    overrides = mixed.object("launchTemplate").objects("overrides")
    types, weight = _types(resource, machine, overrides)
    minimum, maximum = _size(inputs, "minSize", weight), _size(inputs, "maxSize", weight)
    desired = _size(inputs, "desiredCapacity", weight) if inputs.has("desiredCapacity") else minimum
    if minimum > maximum:
        raise InputError(f"{resource.name} minSize", f"{minimum} is above maxSize {maximum}", "mend the group's sizes")
    bought = mixed.object("instancesDistribution")
    all_spot = machine.spot and not len(mixed)
    share = bought.number("onDemandPercentageAboveBaseCapacity", 100)
    return Group(
        machine=replace(machine, instance_type=types[0]),
        types=types,
        minimum=minimum,
        maximum=max(maximum, desired),
        desired=desired,
        on_demand_base=bought.count("onDemandBaseCapacity", 0),
        on_demand_share=Fraction(0) if all_spot else Fraction(share) / 100,
        public_addresses=_addresses(resource, pricing, address),
        traffic_share=_traffic_share(resource),
    )


def _traffic_share(resource: Resource) -> Fraction:
    """The part of the traffic that comes to this group: all of it, unless a tag that can be read says how much."""
    if missing(resource.inputs.get("tags")):
        return Fraction(1)
    for tag in resource.inputs.objects("tags"):
        if tag.get("key") == TRAFFIC_TAG:
            percent = tag.number("value")
            if not 0 <= percent <= 100:
                raise InputError(f"{resource.name} tag {TRAFFIC_TAG}", f"{percent} is out of range", "use 0 to 100")
            return Fraction(percent) / 100
    return Fraction(1)


def _size(inputs: Inputs, key: str, weight: Decimal) -> int:
    size = inputs.count(key, 0)
    if size > MOST_INSTANCES:
        raise InputError(f"{key}", f"{size} instances in one group", f"give a number up to {MOST_INSTANCES:,}")
    return ceil(size / weight)


def _types(resource: Resource, machine: Machine, overrides: tuple[Inputs, ...]) -> tuple[tuple[str, ...], Decimal]:
    """Instance types in order of preference, and the capacity units one instance of the first counts for."""
    if any(o.has("instanceRequirements") for o in overrides):
        what = f"{resource.name} instanceRequirements"
        raise Unreadable(what, "instances chosen by attributes have no one price", "name instance types")
    named = tuple(dict.fromkeys(o.text("instanceType") for o in overrides if o.has("instanceType")))
    if not named and not machine.instance_type:
        raise InputError(f"{resource.name} instanceType", "no launch template names one", "set an instance type")
    weight = overrides[0].number("weightedCapacity", 1) if overrides else Decimal(1)
    return named or (machine.instance_type,), weight or Decimal(1)


def _addresses(resource: Resource, pricing: Pricing, stated: bool | None) -> int:
    """Public IPv4 addresses of one instance: as the template says, else as its subnets do."""
    if stated is not None:
        return int(stated)
    subnets = [
        pricing.stack.resolve(resource, "vpcZoneIdentifiers", value, SUBNET)
        for value in resource.inputs.values_of("vpcZoneIdentifiers")
    ]
    known = [s for s in subnets if s is not None] or pricing.stack.referred(resource, "vpcZoneIdentifiers", SUBNET)
    return int(any(s.inputs.flag("mapPublicIpOnLaunch") for s in known))
