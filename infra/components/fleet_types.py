"""What the fleet is given: settings of its own, and what the other components made."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.components.account import Account
from infra.components.artifacts import PinnedObject
from infra.naming import CANARY, Names
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
    dead_letter_arn: pulumi.Input[str]
    dead_letter_url: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class FleetCanary:
    """A second version of the model: its archive, its share of the requests, and its fixed number of instances."""

    archive: PinnedObject
    weight_percent: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of the model: what its group of instances does not share with the other's.

    `parts` end the names of its resources; `intake` is the queue it works on, if any; `share_percent` is None where
    there is but one version.
    """

    parts: tuple[str, ...]
    archive: PinnedObject
    min_size: int
    max_size: int
    warm_pool_size: int
    intake: FleetIntake | None
    share_percent: int | None

    @property
    def is_canary(self) -> bool:
        """Whether this is the second one."""
        return bool(self.parts)


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
    canary: FleetCanary | None
    intake: FleetIntake | None
    balancer: bool
    log_bucket: pulumi.Input[str] | None
    log_retention_days: int
    deletion_protection: bool

    @property
    def main_version(self) -> Version:
        """The version that scales, and takes the documents."""
        settings = self.settings
        return Version(
            parts=(),
            archive=self.artifacts.archive,
            min_size=settings.min_size,
            max_size=settings.max_size,
            warm_pool_size=settings.warm_pool_size,
            intake=self.intake,
            share_percent=100 - self.canary.weight_percent if self.canary else None,
        )

    @property
    def canary_version(self) -> Version | None:
        """The version on trial; documents would reach it whatever its share, so it is given no queue."""
        if self.canary is None:
            return None
        return Version(
            parts=(CANARY,),
            archive=self.canary.archive,
            min_size=self.canary.size,
            max_size=self.canary.size,
            warm_pool_size=0,
            intake=None,
            share_percent=self.canary.weight_percent,
        )

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version, the main one first."""
        canary = self.canary_version
        return (self.main_version, canary) if canary else (self.main_version,)
