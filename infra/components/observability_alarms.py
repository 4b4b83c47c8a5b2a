"""Alarms on one bound each: errors, no instance, latency, queue, dead letters, the probe, and a canary's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.naming import CANARY, PROBE, child
from infra.runbooks import described

if TYPE_CHECKING:
    from infra.components.observability import ObservabilityArgs

FIVE_MINUTES = 300
ONE_MINUTE = 60
QUEUE_AGE_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm: its metric (or metric math), its bound and how long it must last.

    `runbook` is the label whose runbook it has, where that is not its own; a `silent` one only counts in others.
    """

    label: str
    says: str
    comparison: str
    threshold: float
    periods: int
    metric: Mapping[str, Any]
    missing: str = "notBreaching"
    runbook: str = ""
    silent: bool = False


def build(
    args: "ObservabilityArgs", topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> dict[str, aws.cloudwatch.MetricAlarm]:
    """Create the alarms that the settings ask for, by label; each tells the topic when it starts and when it ends."""
    wanted = [*_few(args), *(_more(args) if args.settings.alarms == "all" else ())]
    return {alarm.label: create(alarm, args, topic_arn, opts) for alarm in wanted}


def create(
    alarm: Alarm, args: "ObservabilityArgs", topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """Create one alarm."""
    told: list[pulumi.Input[str]] = [] if alarm.silent else [topic_arn]
    return aws.cloudwatch.MetricAlarm(
        alarm.label,
        name=args.names.physical(alarm.label),
        alarm_description=described(alarm.says, alarm.runbook or alarm.label),
        comparison_operator=alarm.comparison,
        threshold=alarm.threshold,
        evaluation_periods=alarm.periods,
        treat_missing_data=alarm.missing,
        actions_enabled=True,
        alarm_actions=told,
        ok_actions=told,
        tags=args.names.tags(alarm.label),
        opts=opts,
        **alarm.metric,
    )


def _few(args: "ObservabilityArgs") -> Iterator[Alarm]:
    yield Alarm(
        label="errors",
        says=f"Over {args.settings.error_rate_percent} % of requests failed on our side",
        comparison="GreaterThanThreshold",
        threshold=args.settings.error_rate_percent,
        periods=2,
        metric={"metric_queries": _error_rate(args)},
    )
    if not args.may_be_empty:
        yield Alarm(
            label="no-instance",
            says="No instance can answer",
            comparison="LessThanThreshold",
            threshold=1,
            periods=3,
            missing="breaching",
            metric=_ready_instances(args),
        )
    if args.watched.probe_name is not None:
        yield _probe(args, args.watched.probe_name)
    if args.watched.canary_label is not None:
        yield from _canary(args, args.watched.canary_label)


def _probe(args: "ObservabilityArgs", name: pulumi.Input[str]) -> Alarm:
    """A run that fails counts as an error of its function; one that never took place leaves no data at all."""
    return Alarm(
        label=PROBE,
        says="A call from outside with the model's sample was not answered, two times in a row",
        comparison="GreaterThanThreshold",
        threshold=0,
        periods=2,
        missing="breaching",
        metric={
            "namespace": "AWS/Lambda",
            "metric_name": "Errors",
            "dimensions": {"FunctionName": name},
            "period": args.settings.probe_minutes * ONE_MINUTE,
            "statistic": "Sum",
        },
    )


def _canary(args: "ObservabilityArgs", label: pulumi.Input[str]) -> Iterator[Alarm]:
    """Of the canary alone: in the whole service's figures its failures are diluted by its weight."""
    yield Alarm(
        label=child(CANARY, "errors"),
        says=f"Over {args.settings.error_rate_percent} % of the canary's requests failed",
        comparison="GreaterThanThreshold",
        threshold=args.settings.error_rate_percent,
        periods=2,
        metric={"metric_queries": _target_error_rate(args, label)},
    )
    yield Alarm(
        label=child(CANARY, "unhealthy"),
        says="No instance of the canary can answer",
        comparison="LessThanThreshold",
        threshold=1,
        periods=3,
        missing="breaching",
        metric={**_targets("HealthyHostCount", args, label), "period": ONE_MINUTE, "statistic": "Minimum"},
    )


def _more(args: "ObservabilityArgs") -> Iterator[Alarm]:
    share = f"{args.settings.latency_objective_percent:g}"
    yield Alarm(
        label="latency",
        says=f"Less than {share} % of requests are answered within {args.settings.latency_objective_ms} ms",
        comparison="GreaterThanThreshold",
        threshold=args.settings.latency_objective_ms,
        periods=3,
        metric={**api_metric("Latency", args), "period": FIVE_MINUTES, "extended_statistic": f"p{share}"},
    )
    if args.watched.canary_label is not None:
        seconds = args.settings.latency_objective_ms / 1000
        slow = _targets("TargetResponseTime", args, args.watched.canary_label)
        yield Alarm(
            label=child(CANARY, "latency"),
            says=f"The canary answers less than {share} % within {args.settings.latency_objective_ms} ms",
            comparison="GreaterThanThreshold",
            threshold=seconds,
            periods=3,
            metric={**slow, "period": FIVE_MINUTES, "extended_statistic": f"p{share}"},
        )
    queue, dead = args.watched.queue_name, args.watched.dead_letter_name
    if queue is not None:
        yield Alarm(
            label="queue-age",
            says=f"A document has waited for more than {QUEUE_AGE_SECONDS // 60} minutes",
            comparison="GreaterThanThreshold",
            threshold=QUEUE_AGE_SECONDS,
            periods=2,
            metric=_queue("ApproximateAgeOfOldestMessage", queue),
        )
    if dead is not None:
        yield Alarm(
            label="dead-letters",
            says="Documents could not be read and lie in the dead-letter queue",
            comparison="GreaterThanThreshold",
            threshold=0,
            periods=1,
            metric=_queue("ApproximateNumberOfMessagesVisible", dead),
        )


def _error_rate(args: "ObservabilityArgs") -> list[dict[str, Any]]:
    """Failed share of the requests, in percent; both kinds of API count them under their own metric name."""
    sums = {"errors": args.watched.server_error_metric, "requests": "Count"}
    queries: list[dict[str, Any]] = [
        {
            "id": name,
            "metric": {**api_metric(metric, args), "stat": "Sum", "period": FIVE_MINUTES},
            "return_data": False,
        }
        for name, metric in sums.items()
    ]
    rate = "IF(requests > 0, 100 * errors / requests, 0)"
    return [*queries, {"id": "rate", "expression": rate, "label": "Failed requests, percent", "return_data": True}]


def _target_error_rate(args: "ObservabilityArgs", label: pulumi.Input[str]) -> list[dict[str, Any]]:
    """Failed share of a target group's requests, in percent: answers of 5xx, and connections that were refused."""
    sums = {
        "errors": "HTTPCode_Target_5XX_Count",
        "refused": "TargetConnectionErrorCount",
        "requests": "RequestCount",
    }
    queries: list[dict[str, Any]] = [
        {
            "id": name,
            "metric": {**_targets(metric, args, label), "stat": "Sum", "period": FIVE_MINUTES},
            "return_data": False,
        }
        for name, metric in sums.items()
    ]
    # The load balancer reports no zeros.
    failed = "(FILL(errors, 0) + FILL(refused, 0))"
    rate = f"IF(FILL(requests, 0) > 0, 100 * {failed} / requests, 0)"
    return [*queries, {"id": "rate", "expression": rate, "label": "Failed requests, percent", "return_data": True}]


def _ready_instances(args: "ObservabilityArgs") -> dict[str, Any]:
    watched = args.watched
    timing = {"period": ONE_MINUTE, "statistic": "Minimum"}
    if watched.target_label is None:
        dimensions = {"AutoScalingGroupName": watched.group_name}
        return {
            "namespace": "AWS/AutoScaling",
            "metric_name": "GroupInServiceInstances",
            "dimensions": dimensions,
            **timing,
        }
    return {**_targets("HealthyHostCount", args, watched.target_label), **timing}


def _targets(metric: str, args: "ObservabilityArgs", label: pulumi.Input[str]) -> dict[str, Any]:
    dimensions = {"TargetGroup": label, "LoadBalancer": args.watched.balancer_label}
    return {"namespace": "AWS/ApplicationELB", "metric_name": metric, "dimensions": dimensions}


def api_metric(metric: str, args: "ObservabilityArgs") -> dict[str, Any]:
    """A metric of the entry, as an alarm names it."""
    return {"namespace": "AWS/ApiGateway", "metric_name": metric, "dimensions": dict(args.watched.api_dimensions)}


def _queue(metric: str, name: pulumi.Input[str]) -> dict[str, Any]:
    return {
        "namespace": "AWS/SQS",
        "metric_name": metric,
        "dimensions": {"QueueName": name},
        "period": FIVE_MINUTES,
        "statistic": "Maximum",
    }
