"""The node's metrics in CloudWatch: what the server has done since the last time, and what its GPUs do.

One dimension, the group: every combination of dimensions is a metric that is paid for, so one per instance would add
to the bill with each instance that ever lived.
"""

import shutil
import subprocess
from typing import Any

from serving.backends import Metrics
from serving.node.cloud import call, client

QUERY = "utilization.gpu,memory.used,memory.total"


class Publisher:
    """Sends one row of values at a time; without a namespace, none."""

    def __init__(self, *, namespace: str, group: str, region: str) -> None:
        self._namespace, self._region = namespace, region
        self._dimensions = [{"Name": "AutoScalingGroupName", "Value": group}]
        self._before: Metrics | None = None

    def publish(self, metrics: Metrics) -> None:
        """Send what happened since the last call; raises CloudError."""
        if not self._namespace:
            return
        rows = [*_served(metrics, self._before), *_gpus()]
        data = [{"MetricName": n, "Unit": u, "Value": v, "Dimensions": self._dimensions} for n, u, v in rows]
        put = client("cloudwatch", self._region).put_metric_data
        call(f"metrics in {self._namespace}", put, Namespace=self._namespace, MetricData=data)
        # Only now: what could not be sent is part of the next row.
        self._before = metrics


def _served(now: Metrics, before: Metrics | None) -> list[tuple[str, str, float]]:
    """Counts as differences; a server that was started again counts from zero."""
    again = before is None or now.requests < before.requests
    requests = now.requests - (0 if again or not before else before.requests)
    errors = now.errors - (0 if again or not before else before.errors)
    rows: list[tuple[str, str, float]] = [
        ("Requests", "Count", float(requests)),
        ("Errors", "Count", float(max(errors, 0))),
        ("InFlight", "Count", float(now.in_flight)),
        ("Workers", "Count", float(now.workers)),
    ]
    times = (("QueueTime", now.queue_ms), ("Latency", now.latency_ms))
    rows += [(name, "Milliseconds", value) for name, value in times if value is not None]
    return rows


def _gpus() -> list[tuple[str, str, float]]:
    """Use and memory of the GPUs, in percent, the mean of all; nothing where there is no nvidia-smi."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return []
    command = [tool, f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout  # noqa: S603 - fixed words
        rows: Any = [[float(cell) for cell in line.split(",")] for line in said.splitlines() if line.strip()]
        used = [row[0] for row in rows]
        memory = [100 * row[1] / row[2] for row in rows]
    except (OSError, subprocess.SubprocessError, ValueError, IndexError, ZeroDivisionError):
        return []
    if not rows:
        return []
    count = len(used)
    return [
        ("GPUUtilization", "Percent", sum(used) / count),
        ("GPUMemoryUtilization", "Percent", sum(memory) / count),
    ]
