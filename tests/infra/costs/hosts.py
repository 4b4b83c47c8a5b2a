"""Ways to host for tests: a group of this project's own, its rate stated."""

from decimal import Decimal

from infra.costs.decide import Candidate
from infra.costs.workload import Workload
from tests.infra.costs.stacks import GROUP, PREFIX, TEMPLATE, TINY_DISK, Row, fleet, mixed, priced, row


def candidate(name: str, instance_type: str, rate: str, sizes: tuple[int, int], spot: int | None = None) -> Candidate:
    """A group of our own whose instances answer so many a second, bought on demand or so much of it as spot."""
    rows = fleet(instance_type, *sizes) if spot is None else bought(instance_type, sizes, spot)
    workload = Workload(capacity=((instance_type, Decimal(rate)),))
    return Candidate(name, priced(*rows, workload=workload))


def bought(instance_type: str, sizes: tuple[int, int], spot: int) -> list[Row]:
    """A group of our own with a purchase mix."""
    template = row(TEMPLATE, "lt", blockDeviceMappings=TINY_DISK)
    policy = mixed([instance_type], 0, 100 - spot)
    asg = row(GROUP, "asg", minSize=sizes[0], maxSize=sizes[1], mixedInstancesPolicy=policy)
    return [template, {**asg, "urn": f"{PREFIX}breakeven:infra:Fleet${GROUP}::asg"}]


SLOW = candidate("slow", "g5.xlarge", "2", (1, 12), spot=50)
FAST = candidate("fast", "g4dn.xlarge", "75", (1, 4), spot=0)
