"""The components of one stack, wired together in the order in which they depend on each other."""

from dataclasses import dataclass

import pulumi

from infra.components.account import Account
from infra.components.artifacts import Artifacts, ArtifactsArgs
from infra.components.fleet import Fleet
from infra.components.fleet_types import FleetArgs, FleetArtifacts, FleetCanary, FleetIntake, FleetNetwork
from infra.components.gateway import Gateway, GatewayArgs
from infra.components.guardrails import Guardrails, GuardrailsArgs
from infra.components.intake import Intake, IntakeArgs
from infra.components.network import Network, NetworkArgs
from infra.components.observability import Observability, ObservabilityArgs, Watched
from infra.components.probe import Probe, ProbeArgs
from infra.components.training import Training, TrainingArgs
from infra.naming import PROBE, TRAINING, Names
from infra.settings import CanarySettings, StackSettings


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every component is built from: settings, names, the account, and the component they belong to, if any."""

    settings: StackSettings
    names: Names
    account: Account
    parent: pulumi.Resource | None = None

    @property
    def _own(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self.parent)

    def artifacts(self) -> Artifacts:
        """Key, bucket, archive and bundle."""
        settings = self.settings
        protected = settings.guardrails.deletion_protection
        return Artifacts(
            "artifacts",
            ArtifactsArgs(
                names=self.names,
                account=self.account,
                settings=settings.model,
                canary_archive=settings.canary.canary_archive,
                access_log_days=settings.observability.log_retention_days if settings.gateway.access_logs else None,
                deletion_protection=protected,
                training=settings.training.training,
            ),
            self._own,
        )

    def network(self, artifacts: Artifacts) -> Network:
        """VPC, subnets, ways out and security groups."""
        settings = self.settings
        return Network(
            "network",
            NetworkArgs(
                names=self.names,
                account=self.account,
                settings=settings.network,
                key_arn=artifacts.key_arn,
                log_retention_days=settings.observability.log_retention_days,
                balancer=settings.gateway.balancer,
                intake=settings.intake.intake,
                training=settings.training.training,
            ),
            self._own,
        )

    def intake(self, artifacts: Artifacts) -> Intake | None:
        """Bucket and queues for documents, where the settings ask for them."""
        if not self.settings.intake.intake:
            return None
        return Intake(
            "intake",
            IntakeArgs(
                names=self.names,
                account=self.account,
                key_arn=artifacts.key_arn,
                log_bucket=artifacts.log_bucket,
                retention_days=self.settings.intake.intake_retention_days,
                deletion_protection=self.settings.guardrails.deletion_protection,
            ),
            self._own,
        )

    def fleet(self, network: Network, artifacts: Artifacts, intake: Intake | None) -> Fleet:
        """The instances and the way to them."""
        settings = self.settings
        return Fleet(
            "fleet",
            FleetArgs(
                names=self.names,
                account=self.account,
                settings=settings.fleet,
                scaling=settings.scaling,
                requests_per_minute=settings.requests_per_minute,
                network=FleetNetwork(
                    vpc_id=network.vpc_id,
                    subnet_ids=network.node_subnet_ids,
                    node_group_id=network.node_group_id,
                    balancer_group_id=network.balancer_group_id,
                    public_addresses=settings.network.egress == "public",
                ),
                artifacts=_fleet_artifacts(artifacts, settings.model.model),
                canary=_fleet_canary(artifacts, settings.canary),
                intake=_fleet_intake(intake) if intake else None,
                balancer=settings.gateway.balancer,
                log_bucket=artifacts.log_bucket,
                log_retention_days=settings.observability.log_retention_days,
                deletion_protection=settings.guardrails.deletion_protection,
            ),
            self._own,
        )

    def training(self, network: Network, artifacts: Artifacts) -> Training | None:
        """What one-off training instances need, where the settings ask for them."""
        settings = self.settings
        if network.training_group_id is None:
            return None
        return Training(
            TRAINING,
            TrainingArgs(
                names=self.names,
                account=self.account,
                settings=settings.training,
                machine=settings.fleet,
                subnet_ids=network.node_subnet_ids,
                group_id=network.training_group_id,
                key_arn=artifacts.key_arn,
                bucket_name=artifacts.bucket_name,
                bucket_arn=artifacts.bucket_arn,
                log_retention_days=settings.observability.log_retention_days,
            ),
            self._own,
        )

    def gateway(self, network: Network, artifacts: Artifacts, fleet: Fleet) -> Gateway:
        """The public entry."""
        settings = self.settings
        return Gateway(
            "gateway",
            GatewayArgs(
                names=self.names,
                account=self.account,
                settings=settings.gateway,
                model=settings.model.model,
                subnet_ids=network.node_subnet_ids,
                link_group_id=network.link_group_id,
                target_arn=fleet.target_arn,
                balancer_arn=fleet.balancer_arn,
                balancer_host=fleet.balancer_host,
                key_arn=artifacts.key_arn,
                log_retention_days=settings.observability.log_retention_days,
            ),
            self._own,
        )

    def probe(self, artifacts: Artifacts, gateway: Gateway) -> Probe | None:
        """A call from outside every few minutes, where the settings ask for it."""
        settings = self.settings
        if not settings.observability.probe:
            return None
        return Probe(
            PROBE,
            ProbeArgs(
                names=self.names,
                account=self.account,
                settings=settings.observability,
                auth=settings.gateway.auth,
                model=settings.model.model,
                endpoint=gateway.endpoint,
                call_arn=gateway.call_arn,
                api_key_id=gateway.api_key_id,
                key_arn=artifacts.key_arn,
            ),
            self._own,
        )

    def observability(
        self, artifacts: Artifacts, fleet: Fleet, gateway: Gateway, intake: Intake | None, probe: Probe | None
    ) -> Observability:
        """Topic, alarms and dashboard."""
        settings = self.settings
        return Observability(
            "observability",
            ObservabilityArgs(
                names=self.names,
                account=self.account,
                settings=settings.observability,
                key_arn=artifacts.key_arn,
                watched=Watched(
                    api_dimensions=gateway.metrics.dimensions,
                    server_error_metric=gateway.metrics.server_errors,
                    group_name=fleet.group_name,
                    balancer_label=fleet.balancer_label,
                    target_label=fleet.target_label,
                    canary_label=fleet.canary_label,
                    queue_name=intake.queue_name if intake else None,
                    dead_letter_name=intake.dead_letter_name if intake else None,
                    probe_name=probe.function_name if probe else None,
                ),
                may_be_empty=settings.fleet.min_size == 0,
            ),
            self._own,
        )

    def guardrails(self, observability: Observability) -> Guardrails:
        """The budget."""
        settings = self.settings
        return Guardrails(
            "guardrails",
            GuardrailsArgs(
                names=self.names,
                settings=settings.guardrails,
                topic_arn=observability.topic_arn,
                email=settings.observability.alarm_email,
            ),
            self._own,
        )


def _fleet_artifacts(artifacts: Artifacts, model: str) -> FleetArtifacts:
    return FleetArtifacts(
        key_arn=artifacts.key_arn,
        bucket_name=artifacts.bucket_name,
        bucket_arn=artifacts.bucket_arn,
        model=model,
        archive=artifacts.archive,
        bundle=artifacts.bundle,
    )


def _fleet_canary(artifacts: Artifacts, settings: CanarySettings) -> FleetCanary | None:
    if artifacts.canary is None:
        return None
    weight = settings.canary_weight_percent
    return FleetCanary(archive=artifacts.canary, weight_percent=weight, size=settings.canary_size)


def _fleet_intake(intake: Intake) -> FleetIntake:
    return FleetIntake(
        bucket_name=intake.bucket_name,
        bucket_arn=intake.bucket_arn,
        queue_arn=intake.queue_arn,
        queue_url=intake.queue_url,
        queue_name=intake.queue_name,
        dead_letter_arn=intake.dead_letter_arn,
        dead_letter_url=intake.dead_letter_url,
    )
