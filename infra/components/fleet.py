"""The instances that serve the model: one Auto Scaling group of mixed types, on demand and spot, and the way to it."""

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import fleet_access, fleet_balancer, fleet_launch, fleet_scaling
from infra.components.fleet_types import FleetArgs
from infra.naming import child

LAUNCH_HOOK_SECONDS = 900
TERMINATE_HOOK_SPARE_SECONDS = 60
GROUP_METRICS = (
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
)


class Fleet(pulumi.ComponentResource):
    """The group, its launch template, access, scaling, and a load balancer or a registry before it."""

    group_name: pulumi.Output[str]
    target_arn: pulumi.Output[str]
    balancer_arn: pulumi.Output[str] | None
    balancer_host: pulumi.Output[str] | None
    balancer_label: pulumi.Output[str] | None
    target_label: pulumi.Output[str] | None

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("breakeven:infra:Fleet", name, {}, opts)
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        way = fleet_balancer.balancer(args, self._own) if args.balancer else None
        registry = None if way else fleet_balancer.registry(args, self._own)
        logs = self._logs()
        profile = fleet_access.instance_profile(args, logs, registry.arn if registry else None, self._own)
        script = fleet_launch.user_data(args, logs, registry.id if registry else "")
        template = fleet_launch.launch_template(args, profile, script, self._own)
        alarm = fleet_balancer.rollback_alarm(args, way, self._own)
        group = self._group(template, way, alarm.name)
        self._hooks(group)
        fleet_scaling.policies(args, group, way, self._own)
        self.group_name = group.name
        self._expose(way, registry)
        self.register_outputs({"groupName": self.group_name, "targetArn": self.target_arn})

    def _expose(self, way: fleet_balancer.Balancer | None, registry: "aws.servicediscovery.Service | None") -> None:
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

    def _group(
        self, template: aws.ec2.LaunchTemplate, way: fleet_balancer.Balancer | None, alarm_name: pulumi.Output[str]
    ) -> aws.autoscaling.Group:
        """No desired capacity: the policies own it, and stating it here would reset it on every `up`."""
        args, settings = self._args, self._args.settings
        # The estimator reads from the model tag whose capacity table holds.
        tags = {**args.names.tags("fleet"), "model": args.artifacts.model}
        return aws.autoscaling.Group(
            "fleet",
            name=args.names.group(),
            min_size=settings.min_size,
            max_size=settings.max_size,
            vpc_zone_identifiers=args.network.subnet_ids,
            mixed_instances_policy=self._mix(template),
            target_group_arns=[way.target_group.arn] if way else None,
            health_check_type="ELB" if way else "EC2",
            health_check_grace_period=settings.warmup_seconds,
            default_instance_warmup=settings.warmup_seconds,
            capacity_rebalance=settings.on_demand_percent_above_base < 100,
            termination_policies=["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
            enabled_metrics=list(GROUP_METRICS),
            instance_refresh=self._refresh(alarm_name),
            warm_pool=self._warm_pool(),
            # `up` would otherwise wait for instances, which wait for the hooks and policies that come after the group.
            wait_for_capacity_timeout="0",
            tags=[{"key": key, "value": value, "propagate_at_launch": False} for key, value in tags.items()],
            opts=self._own,
        )

    def _mix(self, template: aws.ec2.LaunchTemplate) -> dict[str, Any]:
        settings = self._args.settings
        return {
            "instances_distribution": {
                "on_demand_base_capacity": settings.on_demand_base,
                "on_demand_percentage_above_base_capacity": settings.on_demand_percent_above_base,
                "on_demand_allocation_strategy": "prioritized",
                "spot_allocation_strategy": "price-capacity-optimized",
            },
            "launch_template": {
                "launch_template_specification": {
                    "launch_template_id": template.id,
                    "version": template.latest_version.apply(str),
                },
                "overrides": [{"instance_type": kind} for kind in settings.instance_types],
            },
        }

    def _refresh(self, alarm_name: pulumi.Output[str]) -> dict[str, Any]:
        return {
            "strategy": "Rolling",
            "preferences": {
                "auto_rollback": True,
                "alarm_specification": {"alarms": [alarm_name]},
                "instance_warmup": str(self._args.settings.warmup_seconds),
                "min_healthy_percentage": 100,
                "max_healthy_percentage": 200,
                "skip_matching": True,
            },
        }

    def _warm_pool(self) -> dict[str, Any] | None:
        size = self._args.settings.warm_pool_size
        reuse = {"reuse_on_scale_in": True}
        return {"min_size": size, "pool_state": "Stopped", "instance_reuse_policy": reuse} if size else None

    def _hooks(self, group: aws.autoscaling.Group) -> None:
        """Hooks of their own: those of the group itself fail with a base on demand (terraform-provider-aws#9841)."""
        drain = self._args.settings.drain_seconds + TERMINATE_HOOK_SPARE_SECONDS
        hooks = (
            (fleet_launch.LAUNCH_HOOK, "autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON", LAUNCH_HOOK_SECONDS),
            (fleet_launch.TERMINATE_HOOK, "autoscaling:EC2_INSTANCE_TERMINATING", "CONTINUE", drain),
        )
        for label, transition, result, seconds in hooks:
            aws.autoscaling.LifecycleHook(
                label,
                name=label,
                autoscaling_group_name=group.name,
                lifecycle_transition=transition,
                default_result=result,
                heartbeat_timeout=seconds,
                opts=self._own,
            )
