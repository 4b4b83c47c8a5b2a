"""The way to the instances: an internal load balancer, or a Cloud Map service where each instance registers itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components.fleet_types import FleetArgs, Version
from infra.components.network_groups import BALANCER_PORT, INFERENCE_PORT, TEST_PORT
from infra.naming import BALANCER_LOG_PREFIX, CANARY, child
from infra.runbooks import described

# Above the gateway's 30 seconds, so that the load balancer is never the one that gives up first.
IDLE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Way:
    """An internal application load balancer, the main version's target group, and the listener before it."""

    balancer: aws.lb.LoadBalancer
    target_group: aws.lb.TargetGroup
    listener: aws.lb.Listener


def balancer(args: FleetArgs, opts: pulumi.ResourceOptions) -> aws.lb.LoadBalancer:
    """The load balancer in the instances' subnets, reachable from the VPC link's group only."""
    return aws.lb.LoadBalancer(
        "balancer",
        internal=True,
        load_balancer_type="application",
        security_groups=[args.network.balancer_group_id],
        subnets=args.network.subnet_ids,
        drop_invalid_header_fields=True,
        enable_cross_zone_load_balancing=True,
        enable_deletion_protection=args.deletion_protection,
        idle_timeout=IDLE_SECONDS,
        access_logs=_access_logs(args),
        tags=args.names.tags("balancer"),
        opts=opts,
    )


def listener(
    args: FleetArgs,
    entry: aws.lb.LoadBalancer,
    shares: Sequence[tuple[aws.lb.TargetGroup, int]],
    opts: pulumi.ResourceOptions,
) -> aws.lb.Listener:
    """The listener that the VPC link reaches; it forwards to each target group its share of the requests."""
    forward: dict[str, Any] = {"target_group_arn": shares[0][0].arn}
    if len(shares) > 1:
        forward = {"forward": {"target_groups": [{"arn": group.arn, "weight": share} for group, share in shares]}}
    return aws.lb.Listener(
        "listener",
        load_balancer_arn=entry.arn,
        port=BALANCER_PORT,
        protocol="HTTP",
        default_actions=[{"type": "forward", **forward}],
        tags=args.names.tags("listener"),
        opts=opts,
    )


def test_listener(
    args: FleetArgs, entry: aws.lb.LoadBalancer, group: aws.lb.TargetGroup, opts: pulumi.ResourceOptions
) -> aws.lb.Listener:
    """A listener that no security group lets anybody reach: with it the canary's health is checked before it serves.

    Targets of a group that no listener forwards to are never checked (Elastic Load Balancing, target health `unused`).
    """
    label = child("listener", CANARY)
    return aws.lb.Listener(
        label,
        load_balancer_arn=entry.arn,
        port=TEST_PORT,
        protocol="HTTP",
        default_actions=[{"type": "forward", "target_group_arn": group.arn}],
        tags=args.names.tags(label),
        opts=opts,
    )


def registry(args: FleetArgs, opts: pulumi.ResourceOptions) -> aws.servicediscovery.Service:
    """A Cloud Map service that the VPC link asks for healthy instances.

    An HTTP namespace is enough: API Gateway calls DiscoverInstances and takes address and port from the attributes
    (API Gateway developer guide, private integrations), so no hosted zone is paid for.
    """
    namespace = aws.servicediscovery.HttpNamespace(
        "namespace",
        name=args.names.physical(),
        description="Instances that serve the model",
        tags=args.names.tags("namespace"),
        opts=opts,
    )
    return aws.servicediscovery.Service(
        "registry",
        name="node",
        namespace_id=namespace.id,
        description="One entry per ready instance",
        # Entries of instances that died without leaving would otherwise stop the service from being deleted.
        force_destroy=True,
        tags=args.names.tags("registry"),
        opts=opts,
    )


def rollback_alarm(
    args: FleetArgs,
    version: Version,
    entry: aws.lb.LoadBalancer | None,
    group: aws.lb.TargetGroup | None,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.MetricAlarm:
    """The alarm that rolls an instance refresh back: failing answers, or failing status checks."""
    if entry and group:
        metric = {"namespace": "AWS/ApplicationELB", "metric_name": "HTTPCode_Target_5XX_Count", "statistic": "Sum"}
        dimensions = {"LoadBalancer": entry.arn_suffix, "TargetGroup": group.arn_suffix}
    else:
        metric = {"namespace": "AWS/EC2", "metric_name": "StatusCheckFailed", "statistic": "Maximum"}
        dimensions = {"AutoScalingGroupName": args.names.group(*version.parts)}
    label = child("rollback", *version.parts)
    return aws.cloudwatch.MetricAlarm(
        label,
        name=args.names.physical(label),
        alarm_description=described("A refresh of the instances is rolled back while this is in alarm", "rollback"),
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=10 if entry else 1,
        period=60,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data="notBreaching",
        dimensions=dimensions,
        tags=args.names.tags(label),
        opts=opts,
        **metric,
    )


def target_group(args: FleetArgs, version: Version, opts: pulumi.ResourceOptions) -> aws.lb.TargetGroup:
    """Where a version's instances are listed; an instance that leaves is first given time to finish."""
    label = child("inference", *version.parts)
    return aws.lb.TargetGroup(
        label,
        vpc_id=args.network.vpc_id,
        port=INFERENCE_PORT,
        protocol="HTTP",
        target_type="instance",
        load_balancing_algorithm_type="least_outstanding_requests",
        deregistration_delay=args.settings.drain_seconds,
        health_check={
            "path": "/ping",
            "port": "traffic-port",
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 10,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
        },
        tags=args.names.tags(label),
        opts=opts,
    )


def _access_logs(args: FleetArgs) -> dict[str, Any] | None:
    if args.log_bucket is None:
        return None
    return {"enabled": True, "bucket": args.log_bucket, "prefix": BALANCER_LOG_PREFIX}
