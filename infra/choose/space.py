"""Everything that may be chosen: shapes, purchases, bounds and images, before anything is priced."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil
from typing import Final

from infra.choose.types import Goal, Purchase, Reservation, Shape
from infra.costs.machines import instance_types
from infra.costs.prices import RegionPrices
from infra.costs.purchase import on_demand_count
from infra.costs.workload import Workload
from infra.settings import FleetSettings, GatewaySettings, ObservabilitySettings

BASES: Final = (0, 1, 2)
SPOT_SHARES: Final = (Fraction(0), Fraction(1, 2), Fraction(1))


def _most(section: type, name: str) -> int:
    """The largest value that the settings take for a key."""
    (found,) = (item.metadata["maximum"] for item in fields(section) if item.name == name)
    return int(found)


MOST_INSTANCES: Final = _most(FleetSettings, "max_size")
MOST_A_SECOND: Final = _most(GatewaySettings, "throttle_rate_per_second")
MOST_BURST: Final = _most(GatewaySettings, "throttle_burst")
MOST_MS: Final = _most(ObservabilitySettings, "latency_objective_ms")


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What the workload asks of the instances and of the entry."""

    per_second: Fraction
    peak_per_second: Fraction
    peak_requests_per_second: Fraction
    utilisation: Fraction

    @classmethod
    def of(cls, workload: Workload) -> "Demand":
        """The demand of a workload at its volume, while requests come."""
        average = Fraction(workload.volume.per_month) / workload.open_seconds
        peak = average * Fraction(workload.volume.peak_to_average)
        return cls(
            per_second=average,
            peak_per_second=peak,
            peak_requests_per_second=peak * workload.requests_per_unit,
            utilisation=Fraction(workload.serving.utilisation),
        )

    def needed(self, rate: Fraction) -> int:
        """Instances of a rate that the average needs, one at the least."""
        return max(ceil(self.per_second / (rate * self.utilisation)), 1)

    def at_peak(self, rate: Fraction) -> int:
        """Instances of a rate that the busiest minute needs, one at the least."""
        return max(ceil(self.peak_per_second / rate), 1)


@dataclass(frozen=True, kw_only=True)
class Image:
    """A machine image and the root disk it needs, as settings."""

    ami_parameter: str
    root_device: str
    root_volume_gb: int


# For instances without a GPU the plain image is enough, and its disk a fifth of the size.
CPU_IMAGE: Final = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{arch}"
GPU_IMAGE: Final = "/aws/service/deeplearning/ami/{arch}/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"


def image_for(instance_type: str) -> Image | None:
    """The image for a type by architecture and GPU; None for a type that the data does not hold."""
    about = instance_types().get(instance_type)
    if about is None:
        return None
    if about.get("gpus"):
        return Image(ami_parameter=GPU_IMAGE.format(arch=about["arch"]), root_device="/dev/sda1", root_volume_gb=75)
    return Image(ami_parameter=CPU_IMAGE.format(arch=about["arch"]), root_device="/dev/xvda", root_volume_gb=16)


def image_settings(instance_type: str) -> Mapping[str, object]:
    """The image for a type as settings; none for a type that the data does not hold."""
    image = image_for(instance_type)
    if image is None:
        return {}
    return {
        "amiParameter": image.ami_parameter,
        "rootDevice": image.root_device,
        "rootVolumeGb": image.root_volume_gb,
    }


def same_image(a: str, b: str) -> bool:
    """Whether one image serves two types: both with or both without a GPU, of one architecture."""
    known = instance_types()
    kinds = [(known[name]["arch"], bool(known[name].get("gpus"))) for name in (a, b) if name in known]
    return len(kinds) == 2 and kinds[0] == kinds[1]


def shapes(goal: Goal) -> Iterator[Shape]:
    """Every entry with every way out, over as few zones as the goal and the balancer allow: more cost no less."""
    for entry, balancer in (("http", False), ("http", True), ("rest", True)):
        if entry not in goal.entries:
            continue
        zones = max(goal.zones, 2 if balancer else 1)
        for egress in goal.egresses:
            one_way = egress == "nat-per-zone" and zones == 1 and "nat" in goal.egresses
            if not one_way and not (egress == "nat" and goal.zones > 1):
                yield Shape(zones=zones, entry=entry, balancer=balancer, egress=egress)


def purchases(goal: Goal, maximum: int) -> Iterator[Purchase]:
    """Every mix that buys something else at some size up to the maximum; the plainest first among equals."""
    shares = sorted({*(share for share in SPOT_SHARES if share <= goal.most_spot), goal.most_spot})
    seen = set()
    for share in shares:
        for base in BASES:
            if base > maximum:
                continue
            purchase = Purchase(base=base, on_demand_percent=int((1 - share) * 100))
            above = Fraction(purchase.on_demand_percent, 100)
            bought = tuple(on_demand_count(size, base, above) for size in range(maximum + 1))
            if bought not in seen:
                seen.add(bought)
                yield purchase


def reserved(goal: Goal, prices: RegionPrices, instance_type: str, count: int) -> Iterator[Purchase]:
    """Standard reservations of the instances the average needs; above them spot where allowed, else on demand."""
    above = int((1 - goal.most_spot) * 100)
    for row in prices.table("ec2_reserved", "linux").get(instance_type, ()):
        if row["type"] == "standard" and row["term"] in goal.terms:
            bought = Reservation(term=row["term"], payment=row["payment"], count=count)
            yield Purchase(base=count, on_demand_percent=above, reservation=bought)


def throttle(demand: Demand, rate: int, burst: int) -> Mapping[str, object]:
    """The entry's throttle where the stack's own would turn away the peak."""
    needed = ceil(demand.peak_requests_per_second)
    if needed <= rate:
        return {}
    wanted = min(max(2 * needed, burst), MOST_BURST)
    return {"throttleRatePerSecond": needed, "throttleBurst": wanted}
