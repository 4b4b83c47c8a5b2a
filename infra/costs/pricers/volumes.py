"""EBS volumes, alone or on instances, and snapshots."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from infra.costs.errors import InputError
from infra.costs.items import LineItem, Quantity, fixed
from infra.costs.names import nearest
from infra.costs.pricing import Pricing, per, prices, times
from infra.costs.stack import Inputs, Resource

NAMES: Final = {
    "gp2": "general purpose SSD, gp2",
    "gp3": "general purpose SSD, gp3",
    "io1": "provisioned IOPS SSD, io1",
    "io2": "provisioned IOPS SSD, io2",
    "st1": "throughput optimized HDD, st1",
    "sc1": "cold HDD, sc1",
    "standard": "magnetic",
}
DEFAULT_GB: Final = 8
DEFAULT_TYPE: Final = "gp2"
GP3_IOPS_INCLUDED: Final = 3_000
GP3_MBPS_INCLUDED: Final = 125


def volume_lines(
    pricing: Pricing, disk: Inputs, count: Quantity, part: str = "", basis: str = ""
) -> Iterator[LineItem]:
    """The lines of `count` volumes (an average over the month) that an object of disk settings describes."""
    kind = disk.text("volumeType") or disk.text("type") or DEFAULT_TYPE
    if kind not in NAMES:
        known = ", ".join(NAMES)
        raise InputError(f"{pricing.resource.name} volume type", f"{kind!r} is unknown{nearest(kind, NAMES)}", known)
    size = _size_gb(pricing, disk)
    label, gb = f"Storage ({NAMES[kind]})", times(count, size)
    yield pricing.line(label, gb, f"ebs.{kind}_gb_month", unit="GB", part=part, basis=basis, short="disks")
    if kind == "gp3":
        yield from _gp3_extras(pricing, disk, count, part)
    elif kind in ("io1", "io2"):
        yield from _provisioned_iops(pricing, disk, count, part, kind)
    elif kind == "standard":
        requests = per(pricing.used("monthly_standard_io_requests"), 1_000_000)
        yield pricing.line("I/O requests", requests, "ebs.standard_io_million", part=part)


def _size_gb(pricing: Pricing, disk: Inputs) -> Decimal:
    for key in ("volumeSize", "size"):
        if disk.has(key):
            size = disk.number(key)
            if not size:
                raise InputError(f"{pricing.resource.name} {key}", "a disk of 0 GB", "give its size, or leave it out")
            return size
    return Decimal(DEFAULT_GB)


def _gp3_extras(pricing: Pricing, disk: Inputs, count: Quantity, part: str) -> Iterator[LineItem]:
    mbps = disk.number("throughput", GP3_MBPS_INCLUDED) - GP3_MBPS_INCLUDED
    if mbps > 0:
        yield pricing.line("Provisioned throughput", times(count, mbps), "ebs.gp3_mbps_month", unit="Mbps", part=part)
    iops = disk.number("iops", GP3_IOPS_INCLUDED) - GP3_IOPS_INCLUDED
    if iops > 0:
        yield pricing.line("Provisioned IOPS", times(count, iops), "ebs.gp3_iops_month", unit="IOPS", part=part)


def _provisioned_iops(pricing: Pricing, disk: Inputs, count: Quantity, part: str, kind: str) -> Iterator[LineItem]:
    price, start = pricing.region[f"ebs.{kind}_iops_month"], Decimal(0)
    iops = disk.number("iops", 100)
    for tier in price.tiers:
        # The tiers are per volume, so the count multiplies what one volume has in each.
        inside = max((iops if tier.up_to is None else min(iops, tier.up_to)) - start, Decimal(0))
        if inside or not start:
            title = f"Provisioned IOPS ({tier.label})" if start else "Provisioned IOPS"
            yield pricing.line(title, times(count, inside), price.as_tier(tier), unit="IOPS", part=part)
        start = tier.up_to or start


@prices("aws:ebs/volume:Volume", usage=("monthly_standard_io_requests",))
def volume(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """One EBS volume."""
    yield from volume_lines(pricing, resource.inputs, fixed(1))


@prices(
    "aws:ebs/snapshot:Snapshot",
    "aws:ebs/snapshotCopy:SnapshotCopy",
    usage=(
        "monthly_list_block_requests",
        "monthly_get_block_requests",
        "monthly_put_block_requests",
        "monthly_fast_snapshot_restore_hours",
        "storage_gb",
    ),
)
def snapshot(resource: Resource, pricing: Pricing) -> Iterator[LineItem]:
    """A snapshot, as large as its volume: an upper bound, for only changed blocks are kept."""
    source = pricing.stack.resolve(resource, "volumeId", resource.inputs.get("volumeId"), "aws:ebs/volume:Volume")
    size = source.inputs.number("size", DEFAULT_GB) if source else Decimal(DEFAULT_GB)
    basis = f"the size of volume {source.name}" if source else f"{DEFAULT_GB} GB, its volume is not in the stack"
    gb = pricing.used("storage_gb", size)
    yield pricing.line("EBS snapshot storage", gb, "ebs.snapshot_gb_month", unit="GB", basis=basis)
    hours = pricing.used("monthly_fast_snapshot_restore_hours")
    yield pricing.line("Fast snapshot restore", hours, "ebs.fast_snapshot_restore_dsu_hour", unit="DSU-hours")
    for key, label, price in (
        ("list", "ListChangedBlocks & ListSnapshotBlocks API requests", "ebs.snapshot_list_block_requests_per_1000"),
        ("get", "GetSnapshotBlock API requests", "ebs.snapshot_get_block_units_per_1000"),
        ("put", "PutSnapshotBlock API requests", "ebs.snapshot_put_block_units_per_1000"),
    ):
        yield pricing.line(label, per(pricing.used(f"monthly_{key}_block_requests"), 1_000), price)
