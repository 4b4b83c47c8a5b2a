"""The dashboard: error budgets, traffic and latency of the entry, instances, queue, a canary beside the rest."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.components import observability_budgets
from infra.naming import CANARY

if TYPE_CHECKING:
    from infra.components.observability import ObservabilityArgs, Watched

WIDTH, HEIGHT = 12, 6


def body(args: "ObservabilityArgs", alarms: Mapping[str, aws.cloudwatch.MetricAlarm]) -> pulumi.Output[str]:
    """The dashboard's JSON, two widgets to a row: graphs, and how a canary's alarms stand."""
    drawn = {"region": args.account.region, "period": 60, "view": "timeSeries"}
    graphs = [*observability_budgets.graphs(args), *_graphs(args)]
    parts: list[tuple[str, dict[str, Any]]] = [("metric", {**drawn, **graph}) for graph in graphs]
    if args.watched.canary_label is not None:
        own = [alarm.arn for label, alarm in alarms.items() if label.startswith(CANARY)]
        parts.append(("alarm", {"title": "Canary's alarms", "alarms": own}))
    widgets = [
        {
            "type": kind,
            "x": WIDTH * (index % 2),
            "y": HEIGHT * (index // 2),
            "width": WIDTH,
            "height": HEIGHT,
            "properties": properties,
        }
        for index, (kind, properties) in enumerate(parts)
    ]
    return pulumi.Output.json_dumps({"widgets": widgets}, separators=(",", ":"))


def _graphs(args: "ObservabilityArgs") -> list[dict[str, Any]]:
    watched = args.watched
    api = [part for pair in watched.api_dimensions.items() for part in pair]
    group = ["AutoScalingGroupName", watched.group_name]
    found: list[dict[str, Any]] = [
        _graph("Requests", [["AWS/ApiGateway", "Count", *api, {"stat": "Sum"}]]),
        _graph("Failed requests", [["AWS/ApiGateway", watched.server_error_metric, *api, {"stat": "Sum"}]]),
        _graph(
            "Latency, ms",
            [["AWS/ApiGateway", "Latency", *api, {"stat": stat}] for stat in ("p50", "p95", "p99")],
            args.settings.latency_objective_ms,
        ),
        _graph(
            "Instances",
            [["AWS/AutoScaling", name, *group] for name in ("GroupInServiceInstances", "GroupDesiredCapacity")],
        ),
        _graph("CPU, percent", [["AWS/EC2", "CPUUtilization", *group]]),
    ]
    if watched.balancer_label is not None:
        balancer = ["LoadBalancer", watched.balancer_label]
        counts = ("HTTPCode_Target_5XX_Count", "RejectedConnectionCount")
        lost = [["AWS/ApplicationELB", name, *balancer, {"stat": "Sum"}] for name in counts]
        found.append(_graph("Lost behind the balancer", lost))
    if watched.queue_name is not None:
        queue = ["QueueName", watched.queue_name]
        names = ("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible")
        found.append(_graph("Documents waiting and in work", [["AWS/SQS", name, *queue] for name in names]))
    if watched.canary_label is not None:
        found += _by_version(watched)
    return found


def _by_version(watched: "Watched") -> list[dict[str, Any]]:
    """The canary beside the main version: requests, failures and time, each by its target group."""
    versions = {"main": watched.target_label, CANARY: watched.canary_label}

    def lines(metric: str, stat: str) -> list[list[Any]]:
        balancer = ("LoadBalancer", watched.balancer_label)
        return [
            ["AWS/ApplicationELB", metric, "TargetGroup", label, *balancer, {"stat": stat, "label": version}]
            for version, label in versions.items()
        ]

    return [
        _graph("Requests by version", lines("RequestCount", "Sum")),
        _graph("Failed requests by version", lines("HTTPCode_Target_5XX_Count", "Sum")),
        _graph("Seconds to answer by version, p99", lines("TargetResponseTime", "p99")),
    ]


def _graph(title: str, metrics: list[list[Any]], objective: int | None = None) -> dict[str, Any]:
    line = {"annotations": {"horizontal": [{"label": "objective", "value": objective}]}} if objective else {}
    return {"title": title, "metrics": metrics, **line}
