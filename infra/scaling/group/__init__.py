"""An autoscaling group as AWS behaves: policies, launches, the warm pool, the spot market, health and draining."""

from infra.scaling.group.bill import Bill
from infra.scaling.group.group import Group
from infra.scaling.group.instance import Instance, State, Watcher
from infra.scaling.group.policies import Datapoint
from infra.scaling.group.schedules import bounds_at_start, occurrences
from infra.scaling.group.settings import (
    Boot,
    Clients,
    Gateway,
    GroupSettings,
    Kind,
    Market,
    Schedule,
    Stage,
    Steps,
    Tracking,
    WarmPool,
)

__all__ = [
    "Bill",
    "Boot",
    "Clients",
    "Datapoint",
    "Gateway",
    "Group",
    "GroupSettings",
    "Instance",
    "Kind",
    "Market",
    "Schedule",
    "Stage",
    "State",
    "Steps",
    "Tracking",
    "WarmPool",
    "Watcher",
    "bounds_at_start",
    "occurrences",
]
