"""One version's group of instances: its size and purchase, how it is replaced, and the hooks its instances pass."""

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components import fleet_launch
from infra.components.fleet_types import FleetArgs, Version
from infra.naming import child

LAUNCH_HOOK_SECONDS = 900
TERMINATE_HOOK_SPARE_SECONDS = 60
CANARY_WAIT_SECONDS = 1200
# Percent of the group; the last must be 100, or the refresh ends there (EC2 Auto Scaling user guide, checkpoints).
CHECKPOINTS = (25, 50, 100)
GROUP_METRICS = (
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
)


def group(
    args: FleetArgs,
    version: Version,
    template: aws.ec2.LaunchTemplate,
    targets: aws.lb.TargetGroup | None,
    alarm: aws.cloudwatch.MetricAlarm,
    opts: pulumi.ResourceOptions,
) -> aws.autoscaling.Group:
    """The group of a version; what only one of the versions has is in `_scaled` and `_fixed`."""
    settings = args.settings
    return aws.autoscaling.Group(
        child("fleet", *version.parts),
        name=args.names.group(*version.parts),
        min_size=version.min_size,
        max_size=version.max_size,
        vpc_zone_identifiers=args.network.subnet_ids,
        mixed_instances_policy=_mix(args, template),
        target_group_arns=[targets.arn] if targets else None,
        health_check_type="ELB" if targets else "EC2",
        default_instance_warmup=settings.warmup_seconds,
        capacity_rebalance=settings.on_demand_percent_above_base < 100,
        termination_policies=["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
        enabled_metrics=list(GROUP_METRICS),
        instance_refresh=_refresh(args, alarm.name),
        warm_pool=_warm_pool(version),
        tags=_tags(args, version),
        opts=opts,
        **(_fixed(version) if version.is_canary else _scaled(args)),
    )


def hooks(args: FleetArgs, version: Version, owner: aws.autoscaling.Group, opts: pulumi.ResourceOptions) -> None:
    """Hooks of their own: those of the group itself fail with a base on demand (terraform-provider-aws#9841)."""
    drain = args.settings.drain_seconds + TERMINATE_HOOK_SPARE_SECONDS
    rows = (
        (fleet_launch.LAUNCH_HOOK, "autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON", LAUNCH_HOOK_SECONDS),
        (fleet_launch.TERMINATE_HOOK, "autoscaling:EC2_INSTANCE_TERMINATING", "CONTINUE", drain),
    )
    for label, transition, result, seconds in rows:
        aws.autoscaling.LifecycleHook(
            child(label, *version.parts),
            name=label,
            autoscaling_group_name=owner.name,
            lifecycle_transition=transition,
            default_result=result,
            heartbeat_timeout=seconds,
            opts=opts,
        )


def _scaled(args: FleetArgs) -> dict[str, Any]:
    """No desired capacity: the policies own it, and stating it here would reset it on every `up`.

    `up` would otherwise wait for instances, which wait for the hooks and policies that come after the group.
    """
    return {"wait_for_capacity_timeout": "0", "health_check_grace_period": args.settings.warmup_seconds}


def _fixed(version: Version) -> dict[str, Any]:
    """A canary is waited for: requests forwarded to a target group without a healthy target are answered with 503.

    Its first instances come before the hooks, so the grace period is what gives them time to load the model. The
    capacity is stated because the provider waits for the one it last saw, which a smaller group never has again.
    """
    return {
        "desired_capacity": version.min_size,
        "wait_for_capacity_timeout": f"{CANARY_WAIT_SECONDS}s",
        "wait_for_elb_capacity": version.min_size,
        "health_check_grace_period": LAUNCH_HOOK_SECONDS,
    }


def _tags(args: FleetArgs, version: Version) -> list[dict[str, Any]]:
    # The estimator reads from the model tag whose capacity table holds, from the other what share of the traffic comes.
    tags = {**args.names.tags(child("fleet", *version.parts)), "model": args.artifacts.model}
    if version.share_percent is not None:
        tags["trafficPercent"] = str(version.share_percent)
    return [{"key": key, "value": value, "propagate_at_launch": False} for key, value in tags.items()]


def _mix(args: FleetArgs, template: aws.ec2.LaunchTemplate) -> dict[str, Any]:
    settings = args.settings
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


def _refresh(args: FleetArgs, alarm_name: pulumi.Output[str]) -> dict[str, Any]:
    return {
        "strategy": "Rolling",
        "preferences": {
            "auto_rollback": True,
            "alarm_specification": {"alarms": [alarm_name]},
            "instance_warmup": str(args.settings.warmup_seconds),
            "min_healthy_percentage": 100,
            "max_healthy_percentage": 200,
            "skip_matching": True,
            # A stop after each share of the group, so that the alarm can speak before the next one is replaced.
            "checkpoint_percentages": list(CHECKPOINTS),
            "checkpoint_delay": str(args.settings.warmup_seconds),
        },
    }


def _warm_pool(version: Version) -> dict[str, Any] | None:
    size = version.warm_pool_size
    reuse = {"reuse_on_scale_in": True}
    return {"min_size": size, "pool_state": "Stopped", "instance_reuse_policy": reuse} if size else None
