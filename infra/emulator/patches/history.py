"""What AWS remembers and moto does not: changes of alarms, and activities of groups with their cause.

Shapes and words: AWS CLI's example of describe-alarm-history; Auto Scaling user guide, "View the reason for health
check failures" (the causes of a start are from memory).
"""

import itertools
import json
import uuid
from datetime import datetime
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance

from infra.emulator.patches.patching import add, after, replace


def apply() -> None:
    """Change moto."""
    add(CloudWatchResponse, describe_alarm_history=_alarm_history)
    replace(AutoScalingResponse, "describe_scaling_activities", _activities)
    replace(FakeAutoScalingGroup, "replace_autoscaling_group_instances", _remember_starts)
    after(Instance, "terminate", _remember_end)


def _alarm_history(response: Any) -> ActionResult:
    """Every change of state within the dates; moto keeps what each alarm was before a change, and since when."""
    name, start, end = (response._get_param(key) for key in ("AlarmName", "StartDate", "EndDate"))
    kinds = response._get_param("AlarmTypes") or ["MetricAlarm"]
    rows = [row for alarm in response.cloudwatch_backend.alarms.values() for row in _changes(alarm)]
    found = [
        row
        for row in rows
        if row["AlarmType"] in kinds
        and (not name or row["AlarmName"] == name)
        and (not start or row["Timestamp"] >= _naive(start))
        and (not end or row["Timestamp"] <= _naive(end))
    ]
    return ActionResult({"AlarmHistoryItems": sorted(found, key=lambda row: row["Timestamp"], reverse=True)})


def _naive(moment: Any) -> datetime:
    """moto's own clock bears no zone."""
    parsed = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return parsed.replace(tzinfo=None)


def _changes(alarm: Any) -> list[dict[str, Any]]:
    states = [(reason, value, at) for _, reason, _, value, at in alarm.history]
    states.append((alarm.state_reason, alarm.state_value, alarm.state_updated_timestamp))
    return [
        {
            "AlarmName": alarm.name,
            "AlarmType": "CompositeAlarm" if alarm.rule else "MetricAlarm",
            "Timestamp": at,
            "HistoryItemType": "StateUpdate",
            "HistorySummary": f"Alarm updated from {old} to {new}",
            "HistoryData": json.dumps(
                {
                    "version": "1.0",
                    "oldState": {"stateValue": old, "stateReason": why_old},
                    "newState": {"stateValue": new, "stateReason": why_new},
                }
            ),
        }
        for (why_old, old, _), (why_new, new, at) in itertools.pairwise(states)
    ]


def _activities(_: Any) -> Any:
    """The newest first. AWS refuses a group it never had, moto knows no groups that are gone."""

    def describe_scaling_activities(response: Any) -> ActionResult:
        from moto.autoscaling.exceptions import ValidationError

        name = response._get_param("AutoScalingGroupName")
        groups = response.autoscaling_backend.autoscaling_groups
        if name and name not in groups:
            raise ValidationError(f"AutoScalingGroup name not found - no such group: {name}")
        rows = [row for group in groups.values() if not name or group.name == name for row in _kept(group)]
        return ActionResult({"Activities": sorted(rows, key=lambda row: row["StartTime"], reverse=True)})

    return describe_scaling_activities


def _kept(group: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = group.__dict__.setdefault("activities", [])
    return found


def _remember(group: Any, description: str, cause: str) -> None:
    now = utcnow()
    _kept(group).append(
        {
            "ActivityId": str(uuid.uuid4()),
            "AutoScalingGroupName": group.name,
            "Description": description,
            "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} {cause}",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Successful",
            "Progress": 100,
        }
    )


def _remember_starts(original: Any) -> Any:
    def replace_autoscaling_group_instances(group: Any, count_needed: int, propagated_tags: dict[str, str]) -> None:
        had = [state.instance.id for state in group.instance_states]
        original(group, count_needed, propagated_tags)
        new = [state.instance.id for state in group.instance_states if state.instance.id not in had]
        sizes = f"increasing the capacity from {len(had)} to {len(had) + len(new)}."
        cause = f"an instance was started in response to a difference between desired and actual capacity, {sizes}"
        if _kept(group) and _kept(group)[-1]["Description"].startswith("Terminating"):
            cause = "an instance was launched in response to an unhealthy instance needing to be replaced."
        for name in new:
            _remember(group, f"Launching a new EC2 instance: {name}", cause)

    return replace_autoscaling_group_instances


def _remember_end(_: Any, instance: Instance, *__: Any, **___: Any) -> None:
    group = getattr(instance, "autoscaling_group", None)
    if group is not None:
        # Whoever ends an instance of a group behind its back: the group's health check of EC2 finds it gone.
        cause = "an instance was taken out of service in response to an EC2 health check indicating it has been "
        _remember(group, f"Terminating EC2 instance: {instance.id}", f"{cause}terminated or stopped.")
