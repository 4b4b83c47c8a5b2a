"""The dashboard: traffic, errors and latency of the entry, the instances, and the queue."""

from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from infra.components.observability import ObservabilityArgs

WIDTH, HEIGHT = 12, 6


def body(args: "ObservabilityArgs") -> pulumi.Output[str]:
    """The dashboard's JSON; two graphs to a row."""
    graphs = _graphs(args)
    widgets = [
        {
            "type": "metric",
            "x": WIDTH * (index % 2),
            "y": HEIGHT * (index // 2),
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {"region": args.account.region, "period": 60, "view": "timeSeries", **graph},
        }
        for index, graph in enumerate(graphs)
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
    return found


def _graph(title: str, metrics: list[list[Any]], objective: int | None = None) -> dict[str, Any]:
    line = {"annotations": {"horizontal": [{"label": "objective", "value": objective}]}} if objective else {}
    return {"title": title, "metrics": metrics, **line}
