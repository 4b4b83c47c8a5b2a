"""When the group grows and shrinks: requests per instance, or CPU without a load balancer, and documents waiting."""

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.components.fleet_balancer import Way
from infra.components.fleet_types import FleetArgs
from infra.costs.machines import baseline_of
from infra.naming import child
from infra.runbooks import described
from infra.settings_rules import burstable


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
    policy = aws.autoscaling.Policy(
        "wake",
        autoscaling_group_name=group.name,
        policy_type="StepScaling",
        adjustment_type="ExactCapacity",
        step_adjustments=[{"metric_interval_lower_bound": "0", "scaling_adjustment": 1}],
        opts=opts,
    )
    _wake_alarm(args, policy, _waiting(args, way), opts)


def _waiting(args: FleetArgs, way: Way | None) -> list[dict[str, Any]]:
    """What there is to do: documents in the queue, else requests, of which an empty group can only refuse any.

    The row of RequestCount in the Elastic Load Balancing user guide says (from memory) that it leaves out requests for
    which no target could be chosen: they are counted by their 503 alone.
    """
    if args.intake:
        return [
            _counted("waiting", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", args.intake.queue_name)
        ]
    if not way:
        return []
    names = {"requests": "RequestCount", "refused": "HTTPCode_ELB_503_Count"}
    entry = way.balancer.arn_suffix
    return [_counted(label, "AWS/ApplicationELB", name, "LoadBalancer", entry) for label, name in names.items()]


def _counted(label: str, namespace: str, metric: str, dimension: str, value: pulumi.Input[str]) -> dict[str, Any]:
    """A minute's sum of a metric, as an alarm's expression names it."""
    source = {
        "namespace": namespace,
        "metric_name": metric,
        "stat": "Sum",
        "period": 60,
        "dimensions": {dimension: value},
    }
    return {"id": label, "metric": source, "return_data": False}


def _wake_alarm(
    args: FleetArgs, policy: aws.autoscaling.Policy, waiting: list[dict[str, Any]], opts: pulumi.ResourceOptions
) -> None:
    """Work waits and no instance serves; without the second half it would pull a busy group down to one."""
    work = " + ".join(f"FILL({row['id']}, 0)" for row in waiting)
    group = {"AutoScalingGroupName": args.names.group()}
    serving = {
        "namespace": "AWS/AutoScaling",
        "metric_name": "GroupInServiceInstances",
        "stat": "Maximum",
        "period": 60,
        "dimensions": group,
    }
    aws.cloudwatch.MetricAlarm(
        "wake",
        name=args.names.physical("wake"),
        alarm_description=described("Work is waiting and no instance is up", "wake"),
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        metric_queries=[
            *waiting,
            {"id": "serving", "metric": serving, "return_data": False},
            {
                "id": "asleep",
                "expression": f"IF(FILL(serving, 0) < 1, {work}, 0)",
                "label": "Work with nobody to do it",
                "return_data": True,
            },
        ],
        alarm_actions=[policy.arn],
        tags=args.names.tags("wake"),
        opts=opts,
    )


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
