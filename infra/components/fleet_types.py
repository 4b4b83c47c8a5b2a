"""What the fleet is given: settings of its own, and what the other components made."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.components.account import Account
from infra.components.artifacts import PinnedObject
from infra.naming import Names
from infra.settings import FleetSettings, ScalingSettings


@dataclass(frozen=True, kw_only=True)
class FleetNetwork:
    """Where the instances live and which groups they and the load balancer carry."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    node_group_id: pulumi.Input[str]
    balancer_group_id: pulumi.Input[str] | None
    public_addresses: bool


@dataclass(frozen=True, kw_only=True)
class FleetArtifacts:
    """What the instances fetch at start."""

    key_arn: pulumi.Input[str]
    bucket_name: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    model: str
    archive: PinnedObject
    bundle: PinnedObject


@dataclass(frozen=True, kw_only=True)
class FleetIntake:
    """The queue the instances work on."""

    bucket_name: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    queue_arn: pulumi.Input[str]
    queue_url: pulumi.Input[str]
    queue_name: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class FleetArgs:
    """Everything the group of instances depends on."""

    names: Names
    account: Account
    settings: FleetSettings
    scaling: ScalingSettings
    requests_per_minute: int
    network: FleetNetwork
    artifacts: FleetArtifacts
    intake: FleetIntake | None
    balancer: bool
    log_bucket: pulumi.Input[str] | None
    log_retention_days: int
    deletion_protection: bool
