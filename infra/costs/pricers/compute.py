"""EC2 instances: hours on demand, reserved or spot, credits, monitoring, disks, addresses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from infra.costs.errors import PriceError
from infra.costs.items import LineItem, Quantity, fixed
from infra.costs.machines import BURSTABLE, UNLIMITED_BY_DEFAULT, vcpus_of
from infra.costs.names import nearest
from infra.costs.pricers.volumes import volume_lines
from infra.costs.prices import DATA, Price, RegionPrices, Tier, file_of, read_toml
from infra.costs.pricing import Pricing, prices, times
from infra.costs.stack import Inputs, Resource

LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET: Final = "aws:ec2/subnet:Subnet"
METRICS_PER_INSTANCE: Final = 7
INSTANCE_USAGE: Final = (
    "operating_system",
    "reserved_instance_type",
    "reserved_instance_term",
    "reserved_instance_payment_option",
    "monthly_cpu_credit_hours",
    "vcpu_count",
)
TERM_MONTHS: Final = {"1_year": 12, "3_year": 36}
SYSTEMS: Final = {"": "Linux/UNIX", "linux": "Linux/UNIX", "windows": "Windows"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What an instance is made of, from its own inputs or those of a launch template or configuration."""

    instance_type: str
    dedicated: bool = False
    on_host: bool = False
    spot: bool = False
    monitoring: bool = False
    ebs_optimized: bool = False
    credits: str = ""
    disks: tuple[tuple[str, Inputs, str], ...] = ()

    @property
    def family(self) -> str:
        """The part of the type before the dot."""
        return self.instance_type.split(".", 1)[0]

    @property
    def unlimited(self) -> bool:
        """Whether surplus CPU credits are billed."""
        if self.family not in BURSTABLE:
            return False
        return self.credits == "unlimited" or (not self.credits and self.family in UNLIMITED_BY_DEFAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourPrice:
    """The price of an instance hour: what is expected, and the range it can lie in."""

    price: Price
    kind: str
    spread: tuple[Decimal, Decimal] | None = None
    basis: str = ""

    @property
    def low(self) -> Decimal:
        """The lowest price observed or offered."""
        return self.spread[0] if self.spread else self.price.amount

    @property
    def high(self) -> Decimal:
        """The highest price observed or offered."""
        return self.spread[1] if self.spread else self.price.amount


def hour_price(pricing: Pricing, machine: Machine) -> HourPrice:
    """What an hour of a machine costs the way it is bought; raises PriceError when the data does not hold it."""
    region, instance_type = pricing.region, machine.instance_type
    if machine.spot:
        return _spot(region, instance_type)
    if pricing.choice("reserved_instance_type"):
        return _reserved(pricing, machine)
    if machine.dedicated:
        return HourPrice(price=_dedicated(region, instance_type), kind="on-demand")
    if pricing.choice("operating_system") == "windows":
        return HourPrice(price=_windows(region, instance_type), kind="on-demand")
    return HourPrice(price=on_demand(region, instance_type), kind="on-demand")


def on_demand(region: RegionPrices, instance_type: str) -> Price:
    """The Linux on-demand price; the error says whether the region lacks the type, the data, or the type is wrong."""
    found = region.row("ec2_on_demand", "linux", instance_type)
    if found:
        return found
    listed = region.table("ec2_on_demand", "linux")
    if not listed:
        raise region.missing(f"ec2_on_demand.{instance_type}", f"no EC2 price for region {region.name!r}")
    family = instance_type.split(".", 1)[0]
    everywhere = _types_by_date()
    dated = region.about("ec2_on_demand").get("checked")
    if instance_type not in everywhere:
        reason = f"no such instance type{nearest(instance_type, everywhere)}"
    elif dated is None:
        reason = f"no price in {region.name}: only a price book has any there, and it lacks this type"
    elif everywhere[instance_type] <= dated:
        # Another region sold it when this region's list was made.
        what = instance_type if any(t.startswith(f"{family}.") for t in listed) else f"the {family} family"
        reason = f"not offered in {region.name} ({what}, prices of {dated})"
    else:
        reason = f"no price in {region.name}: its list of {dated} is older than this type's first price"
    raise region.missing(f"ec2_on_demand.{instance_type}", reason)


def _types_by_date() -> Mapping[str, Any]:
    """Every instance type of the price data with the date of the oldest list that holds it."""
    first: dict[str, Any] = {}
    for path in (DATA / "prices").glob("*/ec2_on_demand.toml"):
        data = read_toml(path)
        for name in data["linux"]:
            first[name] = min(first.get(name, data["checked"]), data["checked"])
    return first


def _spot(region: RegionPrices, instance_type: str) -> HourPrice:
    ceiling = on_demand(region, instance_type)
    seen = region.table("ec2_spot", "spot").get(instance_type)
    if seen is None:
        basis = "no spot price observed: counted at the on-demand price, its ceiling"
        return HourPrice(price=ceiling, kind="spot", basis=basis)
    low, high = Decimal(seen["low"]), Decimal(seen["high"])
    about = {**region.about("ec2_spot"), **{k: seen[k] for k in ("source", "checked") if k in seen}}
    middle = (low + high) / 2
    price = _hour("ec2_spot", machine_type=instance_type, amount=middle, about=about, region=region.name)
    return HourPrice(price=price, kind="spot", spread=(low, high), basis=f"observed between {low} and {high} an hour")


def _hour(service: str, *, machine_type: str, amount: Decimal, about: Mapping[str, Any], region: str) -> Price:
    """An hour's price that is worked out from a row, with the row's source and date."""
    return Price(
        key=f"{service}.{machine_type}",
        unit="hour",
        tiers=(Tier(amount=amount, up_to=None),),
        source=str(about["source"]),
        checked=about.get("checked"),
        file=str(about.get("file") or file_of(region, service)),
        mark=str(about.get("mark", "")),
    )


def _dedicated(region: RegionPrices, instance_type: str) -> Price:
    found = region.row("ec2_dedicated", "linux", instance_type)
    if found is None:
        key = f"ec2_dedicated.{instance_type}"
        raise region.missing(key, f"no dedicated-tenancy price of {instance_type} in {region.name}")
    return found


def _windows(region: RegionPrices, instance_type: str) -> Price:
    """The Windows price: listed, or the Linux price with the licence of the type on top."""
    found = region.row("ec2_windows", "windows", instance_type)
    licence = region.row("ec2_windows_license", "burstable", instance_type)
    if found is None and licence is not None:
        linux = on_demand(region, instance_type)
        about = {"source": f"{linux.source}; licence: {licence.source}", "checked": licence.checked}
        amount = linux.amount + licence.amount
        return _hour("ec2_windows", machine_type=instance_type, amount=amount, about=about, region=region.name)
    if found is None:
        raise region.missing(f"ec2_windows.{instance_type}", f"no Windows price of {instance_type} in {region.name}")
    return found


def _reserved(pricing: Pricing, machine: Machine) -> HourPrice:
    """A reservation's hourly part and its upfront part spread over the hours of its term."""
    wanted = {
        "type": pricing.choice("reserved_instance_type"),
        "term": pricing.choice("reserved_instance_term"),
        "payment": pricing.choice("reserved_instance_payment_option"),
    }
    said = " ".join(wanted.values())
    rows = pricing.region.table("ec2_reserved", "linux").get(machine.instance_type, ())
    row = next((r for r in rows if all(r.get(k) == v for k, v in wanted.items())), None)
    if row is None or pricing.choice("operating_system") == "windows":
        key = f"ec2_reserved.{machine.instance_type}"
        raise pricing.region.missing(key, f"no {said} reservation price of {machine.instance_type}")
    upfront, months = Decimal(row.get("upfront", 0)), TERM_MONTHS[wanted["term"]]
    amount = Decimal(row["hourly"]) + upfront / (months * pricing.hours)
    about = {**pricing.region.about("ec2_reserved"), **{k: row[k] for k in ("source", "checked", "mark") if k in row}}
    price = _hour(
        "ec2_reserved", machine_type=machine.instance_type, amount=amount, about=about, region=pricing.region.name
    )
    basis = f"{row['hourly']} an hour and {upfront} upfront spread over {months} months" if upfront else said
    return HourPrice(price=price, kind="reserved", basis=basis)


def usage_label(pricing: Pricing, kind: str, instance_type: str) -> str:
    """The label of an instance's hours."""
    return f"Instance usage ({SYSTEMS[pricing.choice('operating_system')]}, {kind}, {instance_type})"


def extras(pricing: Pricing, machine: Machine, hours: Quantity, count: Quantity) -> Iterator[LineItem]:
    """What a machine costs besides its hours; `count` is the average number that exists over the month."""
    if machine.ebs_optimized and not machine.on_host:
        surcharge = pricing.region.get(f"ec2_extras.ebs_optimized_{machine.instance_type.replace('.', '_')}_hour")
        if surcharge:
            yield pricing.line("EBS-optimized usage", hours, surcharge, unit="hours")
    if machine.monitoring:
        metrics = times(count, METRICS_PER_INSTANCE)
        yield pricing.line(
            "EC2 detailed monitoring", metrics, "ec2_extras.detailed_monitoring_metric_month", unit="metrics"
        )
    surplus = pricing.stated("monthly_cpu_credit_hours")
    if surplus is not None and machine.unlimited:
        vcpus = pricing.stated("vcpu_count") or vcpus_of(machine.instance_type)
        system = "_windows" if pricing.choice("operating_system") == "windows" else ""
        price = f"ec2_extras.cpu_credits_{machine.family}{system}_vcpu_hour"
        yield pricing.line("CPU credits", times(count, surplus * vcpus), price, unit="vCPU-hours")
    for part, disk, basis in machine.disks:
        yield from volume_lines(pricing, disk, count, part, basis)


@prices("aws:ec2/instance:Instance", usage=(*INSTANCE_USAGE, "monthly_hours", "monthly_standard_io_requests"))
def instance(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """One EC2 instance, its own settings over those of its launch template."""
    machine = _instance_machine(resource, pricing)
    stated = pricing.stated("monthly_hours")
    hours = fixed(pricing.hours if stated is None else stated)
    if not machine.on_host:
        bought = hour_price(pricing, machine)
        label = usage_label(pricing, bought.kind, machine.instance_type)
        yield pricing.line(label, hours, bought.price, unit="hours", basis=bought.basis, spread=bought.spread)
    yield from extras(pricing, machine, hours, fixed(1))
    addresses = _public_addresses(resource, pricing)
    if addresses:
        yield pricing.line("Public IPv4 address", times(hours, addresses), "network.public_ipv4_hour", unit="hours")


def _public_addresses(resource: Resource, pricing: Pricing) -> int:
    inputs = resource.inputs
    if inputs.has("associatePublicIpAddress"):
        return int(inputs.flag("associatePublicIpAddress"))
    subnet = pricing.stack.resolve(resource, "subnetId", inputs.get("subnetId"), SUBNET)
    return int(subnet is not None and subnet.inputs.flag("mapPublicIpOnLaunch"))


def _instance_machine(resource: Resource, pricing: Pricing) -> Machine:
    own, reference = resource.inputs, resource.inputs.object("launchTemplate")
    named = reference.get("id") or reference.get("name")
    template = pricing.stack.resolve(resource, "launchTemplate", named, LAUNCH_TEMPLATE) if named else None
    base = template.inputs if template else Inputs({}, resource.name)
    market = own.object("instanceMarketOptions") or base.object("instanceMarketOptions")
    tenancy = own.text("tenancy") or base.object("placement").text("tenancy")
    return Machine(
        instance_type=own.text("instanceType") or base.text("instanceType") or _no_type(resource),
        dedicated=tenancy == "dedicated",
        on_host=own.has("hostId") or tenancy == "host",
        spot=market.text("marketType") == "spot",
        monitoring=own.flag("monitoring", base.object("monitoring").flag("enabled")),
        ebs_optimized=own.flag("ebsOptimized", base.flag("ebsOptimized")),
        credits=own.object("creditSpecification").text("cpuCredits")
        or base.object("creditSpecification").text("cpuCredits"),
        disks=_instance_disks(own, template),
    )


def _instance_disks(own: Inputs, template: Resource | None) -> tuple[tuple[str, Inputs, str], ...]:
    """Root and further disks: a device named by the instance and its template is one, the instance's settings first."""
    disks = [("rootBlockDevice", own.object("rootBlockDevice"), "the image's root disk")]
    mapped = template.inputs.objects("blockDeviceMappings") if template else ()
    inherited = {m.text("deviceName"): m.object("ebs") for m in mapped if m.has("ebs")}
    further: list[Mapping[str, Any]] = []
    for device in own.objects("ebsBlockDevices"):
        further.append({**inherited.pop(device.text("deviceName"), {}), **device})
    further += [dict(ebs) for ebs in inherited.values()]
    disks += [(f"ebsBlockDevices[{n}]", Inputs(raw, f"ebsBlockDevices[{n}]"), "") for n, raw in enumerate(further)]
    return tuple(disks)


def _no_type(resource: Resource) -> str:
    raise PriceError(
        f"{resource.name} instanceType", "neither it nor its launch template names one", "set instanceType"
    )


@prices("aws:ec2/spotInstanceRequest:SpotInstanceRequest", usage=(*INSTANCE_USAGE, "monthly_hours"))
def spot_request(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A spot instance: its observed price range, and its disks."""
    machine = _instance_machine(resource, pricing)
    bought = _spot(pricing.region, machine.instance_type)
    stated = pricing.stated("monthly_hours")
    hours = fixed(pricing.hours if stated is None else stated)
    label = usage_label(pricing, "spot", machine.instance_type)
    yield pricing.line(label, hours, bought.price, unit="hours", basis=bought.basis, spread=bought.spread)
    yield from extras(pricing, machine, hours, fixed(1))
