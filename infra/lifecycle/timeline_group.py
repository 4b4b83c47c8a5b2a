"""What Auto Scaling and EC2 say: activities with their cause, instance refreshes, and how instances ended."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from infra.lifecycle.aws import Account, code_of
from infra.lifecycle.errors import AccountError
from infra.lifecycle.leftovers import Marks, tags_of
from infra.lifecycle.timeline_types import Event, Found, Period, Sign, groups_of, said, utc
from infra.naming import Names

FAILED: Final = ("Failed", "Cancelled")
# Docs: "View the reason for health check failures"; the other words are those of spot and of a broken instance.
TROUBLE: Final = re.compile(r"health[ -]check|unhealthy|interruption|rebalance|status checks? fail", re.IGNORECASE)
AT: Final = re.compile(r"^At \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
NOT_REFRESHED: Final = ("Failed", "Cancelled", "RollbackInProgress", "RollbackFailed", "RollbackSuccessful")
GROUP_TAG: Final = "aws:autoscaling:groupName"
# The newest, and as many as one answer holds; boto3 has no pages for it.
MOST_REFRESHES: Final = 100
ENDED: Final = ("shutting-down", "terminated", "stopping", "stopped")
# "User initiated (2026-11-28 21:03:12 GMT)": the only place where EC2 says when an instance changed.
WHEN: Final = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
SPOT: Final = "Server.SpotInstance"
FAULTS: Final = ("Server.", "Client.InternalError", "Client.VolumeLimitExceeded")


def activities(account: Account, names: Names, period: Period) -> Found:
    """What the groups did, and why; raises AccountError. AWS keeps it for six weeks, also of groups that are gone."""
    events = [event for group in groups_of(names) for event in _activities(account, names, group, period)]
    return Found(events=tuple(events))


def refreshes(account: Account, names: Names, period: Period) -> Found:
    """The newest 100 instance refreshes of each group that stands; raises AccountError."""
    rows = account.pages(
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups",
        AutoScalingGroupNames=list(groups_of(names)),
    )
    events: list[Event] = []
    for group in [row["AutoScalingGroupName"] for row in rows]:
        found = account.pages(
            "autoscaling",
            "describe_instance_refreshes",
            "InstanceRefreshes",
            AutoScalingGroupName=group,
            MaxRecords=MOST_REFRESHES,
        )
        for row in found:
            events += [event for event in _refresh(_label(group, names), row) if period.holds(event.at)]
    return Found(events=tuple(events))


def instances(account: Account, names: Names, period: Period) -> Found:
    """How the stack's instances ended, and when those outside a group began; raises AccountError.

    EC2 forgets an instance about an hour after its end, and of some it never says when that was.
    """
    marks = Marks(project=names.project, stack=names.stack)
    reservations = account.pages("ec2", "describe_instances", "Reservations", Filters=marks.filters)
    rows = [row for reservation in reservations for row in reservation["Instances"]]
    events = [event for row in rows for event in _life(row) if period.holds(event.at)]
    notes = [
        f"{row['InstanceId']} is {row['State']['Name']}, EC2 does not say since when: {_why(row)}"
        for row in rows
        if row["State"]["Name"] in ENDED and _ended_at(row) is None
    ]
    return Found(events=tuple(events), notes=tuple(notes))


def _activities(account: Account, names: Names, group: str, period: Period) -> Iterator[Event]:
    rows = account.pages(
        "autoscaling",
        "describe_scaling_activities",
        "Activities",
        AutoScalingGroupName=group,
        IncludeDeletedGroups=True,
    )
    try:
        for row in rows:
            began = utc(row["StartTime"])
            if period.holds(began):
                yield _activity(_label(group, names), row)
            elif began < period.since and row.get("EndTime"):
                # The newest come first, after those in progress: nothing later in the list is of this period.
                return
    except AccountError as error:
        # There never was such a group: most stacks have no canary.
        if code_of(error) != "ValidationError":
            raise


def _label(group: str, names: Names) -> str:
    return group.removeprefix(f"{names.physical()}-")


def _activity(where: str, row: Mapping[str, Any]) -> Event:
    # A cause begins with the time, which stands at the beginning of the line already.
    status, cause = said(row["StatusCode"]), AT.sub("", said(row.get("Cause", "")), count=1)
    message = said(row.get("StatusMessage", ""))
    took = f" after {_seconds(row)} s" if row.get("EndTime") else ""
    parts = [f"{said(row.get('Description', ''))}: {status}{took}", message, cause]
    # What is launched in the place of an unhealthy instance is the remedy, though its cause names the trouble.
    launched = row.get("Description", "").startswith("Launching")
    trouble = status in FAILED or (not launched and bool(TROUBLE.search(cause)))
    sign: Sign = "bad" if trouble else ""
    what = ". ".join(part.rstrip(". ") for part in parts if part)
    return Event(at=utc(row["StartTime"]), where=where, what=what, kind="scaling", sign=sign)


def _seconds(row: Mapping[str, Any]) -> int:
    return round((utc(row["EndTime"]) - utc(row["StartTime"])).total_seconds())


def _refresh(where: str, row: Mapping[str, Any]) -> Iterator[Event]:
    status, reason = said(row["Status"]), said(row.get("StatusReason", ""))
    if row.get("StartTime"):
        yield Event(at=utc(row["StartTime"]), where=where, what="an instance refresh began", kind="refresh")
    if row.get("EndTime"):
        what = f"the instance refresh ended: {status}{f', {reason}' if reason else ''}"
        sign: Sign = "bad" if status in NOT_REFRESHED else "good"
        yield Event(at=utc(row["EndTime"]), where=where, what=what, kind="refresh", sign=sign)


def _life(row: Mapping[str, Any]) -> Iterator[Event]:
    name, kind = row["InstanceId"], row.get("InstanceType", "")
    if GROUP_TAG not in tags_of(row.get("Tags")):
        spot = "spot " if row.get("InstanceLifecycle") == "spot" else ""
        yield Event(at=utc(row["LaunchTime"]), where=name, what=f"launched: {spot}{kind}", kind="instance")
    ended = _ended_at(row)
    if row["State"]["Name"] in ENDED and ended is not None:
        code = row.get("StateReason", {}).get("Code", "")
        sign: Sign = "bad" if code.startswith(FAULTS) else ""
        yield Event(at=ended, where=name, what=f"{row['State']['Name']}: {_why(row)}", kind="instance", sign=sign)


def _ended_at(row: Mapping[str, Any]) -> datetime | None:
    found = WHEN.search(row.get("StateTransitionReason", ""))
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if found else None


def _why(row: Mapping[str, Any]) -> str:
    reason = row.get("StateReason", {})
    words = said(reason.get("Message", "")) or said(row.get("StateTransitionReason", "")) or "no reason given"
    taken = "EC2 took the spot instance back; " if reason.get("Code", "").startswith(SPOT) else ""
    return f"{taken}{words}"
