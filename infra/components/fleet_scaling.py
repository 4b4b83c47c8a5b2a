"""When the group grows and shrinks: requests per instance, or CPU without a load balancer, and documents waiting."""

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components.fleet_balancer import Way
from infra.components.fleet_types import FleetArgs
from infra.costs.machines import baseline_of
from infra.naming import child
from infra.settings_rules import burstable

Metric = tuple[str, dict[str, Any]]
"""A metric under the name it has in an expression."""
SLEEP_AFTER_MINUTES = 15


def policies(args: FleetArgs, group: aws.autoscaling.Group, way: Way | None, opts: pulumi.ResourceOptions) -> None:
    """Every scaling policy and scheduled change of the group."""
    if way:
        _by_requests(args, group, way, opts)
    else:
        _by_cpu(args, group, opts)
    if args.intake:
        _by_backlog(args, group, args.intake.queue_name, opts)
    if args.scaling.scale_to_zero:
        _wake(args, group, way, opts)
        _sleep(args, group, way, opts)
    for row in args.settings.schedules:
        aws.autoscaling.Schedule(
            child("schedule", row.name),
            scheduled_action_name=row.name,
            autoscaling_group_name=group.name,
            recurrence=row.recurrence,
            time_zone=row.time_zone,
            min_size=row.min_size,
            max_size=row.max_size,
            # Left out it would mean 0 (provider's schedule resource); the policies own the capacity.
            desired_capacity=-1,
            opts=opts,
        )


def cpu_target_percent(args: FleetArgs) -> float:
    """CPU to hold; with standard credits a share of the baseline.

    An instance out of credits is held at its baseline, so a target above it would never be reached.
    """
    target = args.scaling.target_utilisation_percent
    if args.settings.cpu_credits == "unlimited" or not burstable(args.settings.instance_types):
        return target
    return float(target * min(map(baseline_of, args.settings.instance_types)))


def _by_requests(args: FleetArgs, group: aws.autoscaling.Group, way: Way, opts: pulumi.ResourceOptions) -> None:
    label = pulumi.Output.concat(way.balancer.arn_suffix, "/", way.target_group.arn_suffix)
    _target(
        "requests",
        group,
        {
            # The unit is requests per instance per MINUTE (EC2 Auto Scaling API, TargetTrackingConfiguration).
            "target_value": args.requests_per_minute,
            "predefined_metric_specification": {
                "predefined_metric_type": "ALBRequestCountPerTarget",
                "resource_label": label,
            },
        },
        # The label is refused until the target group hangs on the load balancer.
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[way.listener])),
    )


def _by_cpu(args: FleetArgs, group: aws.autoscaling.Group, opts: pulumi.ResourceOptions) -> None:
    metric = {"predefined_metric_type": "ASGAverageCPUUtilization"}
    target = {"target_value": cpu_target_percent(args), "predefined_metric_specification": metric}
    _target("cpu", group, target, opts)


def _by_backlog(
    args: FleetArgs, group: aws.autoscaling.Group, queue_name: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> None:
    waiting = _stat("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Sum", "QueueName", queue_name)
    # Those being read count, too: a group that shrank to what is waiting would end instances in the middle of them.
    reading = _stat("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Sum", "QueueName", queue_name)
    serving = _stat("AWS/AutoScaling", "GroupInServiceInstances", "Average", "AutoScalingGroupName", group.name)
    backlog = {"id": "backlog", "expression": "(waiting + reading) / serving", "label": "Documents per instance"}
    metrics: list[dict[str, Any]] = [
        {"id": "waiting", "metric_stat": waiting, "return_data": False},
        {"id": "reading", "metric_stat": reading, "return_data": False},
        {"id": "serving", "metric_stat": serving, "return_data": False},
        {**backlog, "return_data": True},
    ]
    target = {
        "target_value": args.scaling.backlog_per_instance,
        "customized_metric_specification": {"metrics": metrics},
    }
    _target("backlog", group, target, opts)


def _wake(args: FleetArgs, group: aws.autoscaling.Group, way: Way | None, opts: pulumi.ResourceOptions) -> None:
    """From zero to one: at zero instances the division of a backlog has no data, so an alarm of its own starts one."""
    serving = _stat("AWS/AutoScaling", "GroupInServiceInstances", "Maximum", "AutoScalingGroupName", args.names.group())
    # Work waits and no instance serves; without the second half it would pull a busy group down to one.
    work = _queued(args)[:1] if args.intake else _asked(way)
    _alarm(
        args,
        "wake",
        _exactly(group, "wake", 1, opts),
        "Work is waiting and no instance is up",
        {**dict(work), "serving": serving},
        f"IF(FILL(serving, 0) < 1, {_sum(work)}, 0)",
        {"comparison_operator": "GreaterThanThreshold", "evaluation_periods": 1, "treat_missing_data": "notBreaching"},
        opts,
    )


def _sleep(args: FleetArgs, group: aws.autoscaling.Group, way: Way | None, opts: pulumi.ResourceOptions) -> None:
    """From some to none: target tracking cannot, for a load balancer without requests has no metric to follow.

    "If there are no requests flowing through the load balancer [...] the metric is not reported" (its user guide,
    CloudWatch metrics), and an alarm without data scales nothing in.
    """
    work = [*_queued(args), *_asked(way)]
    _alarm(
        args,
        "sleep",
        _exactly(group, "sleep", 0, opts),
        f"No work for {SLEEP_AFTER_MINUTES} minutes",
        dict(work),
        _sum(work),
        {
            "comparison_operator": "LessThanOrEqualToThreshold",
            "evaluation_periods": SLEEP_AFTER_MINUTES,
            "treat_missing_data": "breaching",
        },
        opts,
    )


def _queued(args: FleetArgs) -> list[Metric]:
    """Documents that wait, and those that are being read."""
    if not args.intake:
        return []
    names = {"waiting": "ApproximateNumberOfMessagesVisible", "reading": "ApproximateNumberOfMessagesNotVisible"}
    queue = args.intake.queue_name
    return [(label, _stat("AWS/SQS", name, "Sum", "QueueName", queue)) for label, name in names.items()]


def _asked(way: Way | None) -> list[Metric]:
    """Requests, and those refused: RequestCount leaves out what found no target, which is all while the group is empty.

    So says its row in the Elastic Load Balancing user guide (CloudWatch metrics; from memory).
    """
    if not way:
        return []
    names = {"requests": "RequestCount", "refused": "HTTPCode_ELB_503_Count"}
    entry = way.balancer.arn_suffix
    return [(label, _stat("AWS/ApplicationELB", name, "Sum", "LoadBalancer", entry)) for label, name in names.items()]


def _sum(work: list[Metric]) -> str:
    return " + ".join(f"FILL({label}, 0)" for label, _ in work)


def _exactly(
    group: aws.autoscaling.Group, label: str, size: int, opts: pulumi.ResourceOptions
) -> aws.autoscaling.Policy:
    """A policy that sets the capacity, whichever side of its alarm's threshold the metric is on."""
    edge = "metric_interval_lower_bound" if size else "metric_interval_upper_bound"
    return aws.autoscaling.Policy(
        label,
        autoscaling_group_name=group.name,
        policy_type="StepScaling",
        adjustment_type="ExactCapacity",
        step_adjustments=[{edge: "0", "scaling_adjustment": size}],
        opts=opts,
    )


def _alarm(
    args: FleetArgs,
    label: str,
    policy: aws.autoscaling.Policy,
    about: str,
    metrics: dict[str, dict[str, Any]],
    expression: str,
    judged: dict[str, Any],
    opts: pulumi.ResourceOptions,
) -> None:
    rows = [{"id": key, "metric": _query(stat), "return_data": False} for key, stat in metrics.items()]
    aws.cloudwatch.MetricAlarm(
        label,
        name=args.names.physical(label),
        alarm_description=about,
        threshold=0,
        metric_queries=[*rows, {"id": "work", "expression": expression, "label": "Work", "return_data": True}],
        alarm_actions=[policy.arn],
        tags=args.names.tags(label),
        opts=opts,
        **judged,
    )


def _query(stat: dict[str, Any]) -> dict[str, Any]:
    """A metric of a scaling policy as an alarm writes it."""
    metric = stat["metric"]
    dimensions = {row["name"]: row["value"] for row in metric["dimensions"]}
    return {
        "namespace": metric["namespace"],
        "metric_name": metric["metric_name"],
        "stat": stat["stat"],
        "period": stat["period"],
        "dimensions": dimensions,
    }


def _target(
    label: str, group: aws.autoscaling.Group, configuration: dict[str, Any], opts: pulumi.ResourceOptions
) -> None:
    aws.autoscaling.Policy(
        label,
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration=configuration,
        opts=opts,
    )


def _stat(namespace: str, metric: str, stat: str, dimension: str, value: pulumi.Input[str]) -> dict[str, Any]:
    source = {"namespace": namespace, "metric_name": metric, "dimensions": [{"name": dimension, "value": value}]}
    return {"metric": source, "stat": stat, "period": 60}
