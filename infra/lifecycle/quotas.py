"""The account's limits on vCPUs, by family of instance types and way of buying, and what a stack needs of them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from infra.costs.machines import instance_types
from infra.lifecycle.aws import Account, told
from infra.settings import FleetSettings

# The limits: docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html. The codes, the same in every
# region, were looked up on 2026-11-23:
#   [aws] docs.aws.amazon.com/cli/latest/userguide/cli_service-quotas_code_examples.html, which names the quota
#   [mr] github.com/meadowdata/meadowrun 03a9d15 src/meadowrun/aws_integration/quotas.py, copied from AWS's console
#   [my] github.com/scttfrdmn/mycelium afc25c7 truffle/pkg/quotas/quotas.go
#   [list] public copies of what `aws service-quotas list-service-quotas --service-code ec2` prints, with its name
ON_DEMAND: Final[Mapping[str, str]] = {
    "standard": "L-1216C47A",  # [aws] [mr]
    "g": "L-DB2E81BA",  # [mr]
    "p": "L-417A185B",  # [mr]
    "inf": "L-1945791B",  # [mr]
    "trn": "L-2C3B7624",  # [my] [list]
}
SPOT: Final[Mapping[str, str]] = {
    "standard": "L-34B43A08",  # [mr]
    "g": "L-3819A6DF",  # [mr]
    "p": "L-7212CCBC",  # [mr]
    "inf": "L-B5D1601B",  # [mr]
    "trn": "L-6B0D517C",  # [list]; [my] has a code of dedicated hosts here
}
STANDARD: Final = re.compile(r"(a|c|d|h|i|im|is|m|r|t|z)\d")


@dataclass(frozen=True, kw_only=True)
class Need:
    """vCPUs of one family and way of buying: what the group needs at its least and at its most."""

    family: str
    spot: bool
    least: int
    most: int

    @property
    def code(self) -> str:
        """The quota's code, empty for a family that has one of its own which is not known here."""
        return (SPOT if self.spot else ON_DEMAND).get(self.family, "")

    @property
    def name(self) -> str:
        """The quota in words."""
        return f"{'spot' if self.spot else 'on-demand'} vCPUs of {self.family} types"


def needs(fleet: FleetSettings, canaries: int = 0) -> tuple[Need, ...]:
    """What the groups need if every instance were of the largest type of each family; `canaries`: the other's size."""
    largest: dict[str, int] = {}
    for kind in fleet.instance_types:
        family = _family(kind)
        largest[family] = max(largest.get(family, 0), _vcpus(kind))
    found = []
    for family, vcpus in sorted(largest.items()):
        for spot in (False, True):
            more = _count(fleet, canaries, spot=spot)
            sizes = (fleet.min_size, fleet.max_size)
            least, most = ((_count(fleet, size, spot=spot) + more) * vcpus for size in sizes)
            if most:
                found.append(Need(family=family, spot=spot, least=least, most=most))
    return tuple(found)


def limit(account: Account, need: Need) -> Decimal | None:
    """The account's limit; None for a family whose quota is not known here. Raises AccountError."""
    if not need.code:
        return None
    with told("service quotas"):
        found = account.client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode=need.code)
    return Decimal(str(found["Quota"]["Value"]))


def _count(fleet: FleetSettings, size: int, *, spot: bool) -> int:
    base = min(fleet.on_demand_base, size)
    above = size - base
    # EC2 Auto Scaling rounds the on-demand share up.
    on_demand = base + math.ceil(above * fleet.on_demand_percent_above_base / 100)
    return size - on_demand if spot else on_demand


def _family(kind: str) -> str:
    if STANDARD.match(kind):
        return "standard"
    letters = re.match(r"[a-z]+", kind)
    name = letters.group() if letters else kind
    return {"gr": "g", "vt": "g"}.get(name, name)


def _vcpus(kind: str) -> int:
    row = instance_types().get(kind)
    return int(row["vcpu"]) if row else 0
