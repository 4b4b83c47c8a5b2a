"""Composite alarms, which moto stores, lists and deletes, but offers no call to make; it never evaluates any alarm."""

from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse

from infra.emulator.patches.patching import add


def apply() -> None:
    """Change moto."""
    add(CloudWatchResponse, put_composite_alarm=_put)


def _put(response: Any) -> Any:
    return response.put_metric_alarm()
