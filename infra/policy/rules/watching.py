"""Alarms."""

from collections.abc import Iterator
from typing import Final

from infra.costs.stack import Resource, Stack
from infra.policy.registry import ADVISORY, rule

ALARM: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"


@rule("CKV_AWS_319", title="Alarms act", level=ADVISORY, on=(ALARM,))
def actions_enabled(resource: Resource, stack: Stack) -> Iterator[str]:
    """An alarm whose actions are off is seen by nobody."""
    if not resource.inputs.flag("actionsEnabled", default=True):
        yield "actionsEnabled is false"
