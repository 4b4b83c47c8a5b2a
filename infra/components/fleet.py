"""The instances that serve the model: Auto Scaling groups of mixed types, on demand and spot, and the way to them."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.components import fleet_access, fleet_balancer, fleet_group, fleet_launch, fleet_scaling
from infra.components.fleet_types import FleetArgs, Version
from infra.naming import child


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """What the versions share: their role, their log, and what registers or balances them."""

    profile: aws.iam.InstanceProfile
    logs: aws.cloudwatch.LogGroup
    registry_id: pulumi.Input[str]
    balancer: aws.lb.LoadBalancer | None


@dataclass(frozen=True, kw_only=True)
class _Served:
    """One version as it is built: its group, and its target group where there is a load balancer."""

    version: Version
    group: aws.autoscaling.Group
    targets: aws.lb.TargetGroup | None


class Fleet(pulumi.ComponentResource):
    """Each version's group with template and hooks; access, scaling, and a load balancer or a registry before them."""

    group_name: pulumi.Output[str]
    target_arn: pulumi.Output[str]
    balancer_arn: pulumi.Output[str] | None
    balancer_host: pulumi.Output[str] | None
    balancer_label: pulumi.Output[str] | None
    target_label: pulumi.Output[str] | None
    canary_label: pulumi.Output[str] | None

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Fleet", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        balancer = fleet_balancer.balancer(args, self._own) if args.balancer else None
        registry = None if balancer else fleet_balancer.registry(args, self._own)
        logs = self._logs()
        shared = _Shared(
            profile=fleet_access.instance_profile(args, logs, registry.arn if registry else None, self._own),
            logs=logs,
            registry_id=registry.id if registry else "",
            balancer=balancer,
        )
        main, *canaries = (self._serve(version, shared) for version in args.versions)
        way = self._way(balancer, main, canaries)
        fleet_scaling.policies(args, main.group, way, self._own)
        self.group_name = main.group.name
        self.canary_label = next((row.targets.arn_suffix for row in canaries if row.targets), None)
        self._expose(way, registry)
        self.register_outputs({"groupName": self.group_name, "targetArn": self.target_arn})

    def _expose(self, way: fleet_balancer.Way | None, registry: "aws.servicediscovery.Service | None") -> None:
        """What the gateway connects to: a listener, or a Cloud Map service."""
        self.target_arn = way.listener.arn if way else registry.arn  # type: ignore[union-attr]
        self.balancer_arn = way.balancer.arn if way else None
        self.balancer_host = way.balancer.dns_name if way else None
        self.balancer_label = way.balancer.arn_suffix if way else None
        self.target_label = way.target_group.arn_suffix if way else None

    def _logs(self) -> aws.cloudwatch.LogGroup:
        names = self._args.names
        return aws.cloudwatch.LogGroup(
            child("node", "logs"),
            name=names.log_group("node"),
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.artifacts.key_arn,
            tags=names.tags("node"),
            opts=self._own,
        )

    def _serve(self, version: Version, shared: _Shared) -> _Served:
        """A version's template, target group, group and hooks."""
        args, balancer = self._args, shared.balancer
        targets = fleet_balancer.target_group(args, version, self._own) if balancer else None
        opts = self._own
        if version.is_canary and balancer and targets:
            checked = fleet_balancer.test_listener(args, balancer, targets, self._own)
            opts = self._after(checked)
        script = fleet_launch.user_data(args, version, shared.logs, shared.registry_id)
        template = fleet_launch.launch_template(args, version, shared.profile, script, self._own)
        alarm = fleet_balancer.rollback_alarm(args, version, balancer, targets, self._own)
        group = fleet_group.group(args, version, template, targets, alarm, opts)
        fleet_group.hooks(args, version, group, self._own)
        return _Served(version=version, group=group, targets=targets)

    def _way(
        self, balancer: aws.lb.LoadBalancer | None, main: _Served, canaries: list[_Served]
    ) -> fleet_balancer.Way | None:
        """The listener comes after a canary's group, which is ready only when its instances answer."""
        if not balancer or not main.targets:
            return None
        served = (main, *canaries)
        shares = [(row.targets, row.version.share_percent or 0) for row in served if row.targets]
        after = self._after(*(row.group for row in canaries))
        listener = fleet_balancer.listener(self._args, balancer, shares, after)
        return fleet_balancer.Way(balancer=balancer, target_group=main.targets, listener=listener)

    def _after(self, *others: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self._own, pulumi.ResourceOptions(depends_on=list(others)))
