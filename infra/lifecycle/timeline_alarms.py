"""What CloudWatch's alarms say: when each went on and off, and how many requests failed by the metric they watch."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from infra.lifecycle.aws import Account, told
from infra.lifecycle.timeline_types import Event, Failed, Fired, Found, Period, groups_of, said, utc
from infra.naming import Names

KINDS: Final = ("MetricAlarm", "CompositeAlarm")
HEALTH: Final = "health"
ON: Final = "ALARM"
OFF: Final = "OK"
API_NAMESPACE: Final = "AWS/ApiGateway"
SERVER_ERRORS: Final = ("5xx", "5XXError")
METRIC_SECONDS: Final = 300


def alarms(account: Account, names: Names, period: Period) -> Found:
    """Every change of the stack's alarms in the period, and which were on; raises AccountError.

    An alarm that tells nobody (its action is no topic) only scales the group: shown, but no sign of trouble.
    """
    standing = {row["AlarmName"]: row for row in _standing(account, names)}
    changes = _changes(account, names, period)
    events: list[Event] = []
    fired: list[Fired] = []
    for name, rows in sorted(changes.items()):
        # What was deleted since then says nothing of its actions any more: it may have told somebody.
        tells = name not in standing or _tells(standing[name], names)
        if name in standing and not (tells or _scales(standing[name], names)):
            continue  # another stack's (`dev-2` begins like `dev`), or one that only counts in an alarm over it
        label = _label(name, names)
        events += [_event(label, row, tells) for row in rows]
        fired += _fired(label, rows, period) if tells else []
    on = (row for name, row in standing.items() if name not in changes and _tells(row, names))
    return Found(events=tuple(events), fired=(*fired, *_on_all_along(on, names, period)))


def failed_by_metric(account: Account, names: Names, period: Period) -> Found:
    """Requests that failed, by the metric that the alarm on errors watches; raises AccountError."""
    metric = next((found for row in _standing(account, names) for found in _server_errors(row, names)), None)
    if metric is None:
        return Found(notes=("no alarm watches failed requests, so their number is not known",))
    with told("cloudwatch get_metric_statistics"):
        points = account.client("cloudwatch").get_metric_statistics(
            Namespace=metric["Namespace"],
            MetricName=metric["MetricName"],
            Dimensions=metric["Dimensions"],
            StartTime=period.since,
            EndTime=period.until,
            Period=_metric_seconds(period),
            Statistics=["Sum"],
        )["Datapoints"]
    counted = sorted((utc(row["Timestamp"]), int(row["Sum"])) for row in points if row["Sum"])
    events = tuple(
        Event(at=max(at, period.since), where="entry", what=_failures(count), kind="failed", sign="bad", count=count)
        for at, count in counted
    )
    failed = Failed(count=sum(count for _, count in counted), source=f"the metric {metric['MetricName']}")
    return Found(events=events, failed=failed)


def _metric_seconds(period: Period) -> int:
    """The length of a point: get_metric_statistics answers 1,440 of them at most."""
    points = (period.until - period.since).total_seconds() / METRIC_SECONDS
    return METRIC_SECONDS * (int(points // 1_400) + 1)


def _failures(count: int) -> str:
    return f"{count:,} request{'' if count == 1 else 's'} answered with 5xx"


def _standing(account: Account, names: Names) -> Iterator[Mapping[str, Any]]:
    prefix = f"{names.physical()}-"
    for kind in KINDS:
        yield from account.pages("cloudwatch", "describe_alarms", f"{kind}s", AlarmNamePrefix=prefix, AlarmTypes=[kind])


def _changes(account: Account, names: Names, period: Period) -> dict[str, list[Mapping[str, Any]]]:
    """Changes of state by alarm, in order, of every alarm whose name begins like the stack's."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    rows = account.pages(
        "cloudwatch",
        "describe_alarm_history",
        "AlarmHistoryItems",
        HistoryItemType="StateUpdate",
        AlarmTypes=list(KINDS),
        StartDate=period.since,
        EndDate=period.until,
    )
    for row in rows:
        if row["AlarmName"].startswith(f"{names.physical()}-"):
            found.setdefault(row["AlarmName"], []).append(row)
    return {name: sorted(rows, key=lambda row: row["Timestamp"]) for name, rows in found.items()}


def _label(name: str, names: Names) -> str:
    return said(name.removeprefix(f"{names.physical()}-"))


def _tells(row: Mapping[str, Any], names: Names) -> bool:
    """Whether an alarm tells the stack's topic, or is the one over those that do."""
    return row["AlarmName"] == names.physical(HEALTH) or any(
        action.endswith(f":{names.physical('alarms')}") for action in row.get("AlarmActions", ())
    )


def _scales(row: Mapping[str, Any], names: Names) -> bool:
    """Whether an alarm's action is a policy of one of the stack's groups."""
    policies = tuple(f"autoScalingGroupName/{group}:" for group in groups_of(names))
    return any(policy in action for action in row.get("AlarmActions", ()) for policy in policies)


def _event(label: str, row: Mapping[str, Any], told_of: bool) -> Event:
    state, reason = _state(row, "newState"), ""
    data = _data(row).get("newState")
    if isinstance(data, Mapping):
        reason = said(str(data.get("stateReason", "")))
    what = f"{state or said(row.get('HistorySummary', ''))}{f': {reason}' if reason else ''}"
    sign: Any = {ON: "bad", OFF: "good"}.get(state, "") if told_of else ""
    return Event(at=utc(row["Timestamp"]), where=f"alarm {label}", what=what, kind="alarm", sign=sign)


def _fired(label: str, rows: Iterable[Mapping[str, Any]], period: Period) -> Iterator[Fired]:
    """The times that an alarm was on; without a beginning in the period it was on before."""
    began: datetime | None = None
    before = False
    for row in rows:
        at, old, new = utc(row["Timestamp"]), _state(row, "oldState"), _state(row, "newState")
        if began is None and old == ON:
            began, before = period.since, True
        if new == ON and began is None:
            began, before = at, False
        elif new != ON and began is not None:
            yield Fired(name=label, since=began, until=at, before=before)
            began = None
    if began is not None:
        yield Fired(name=label, since=began, until=None, before=before)


def _on_all_along(rows: Iterable[Mapping[str, Any]], names: Names, period: Period) -> Iterator[Fired]:
    """Alarms that went on before the period and have not changed since: its history holds nothing of them."""
    for row in rows:
        since = utc(row["StateUpdatedTimestamp"])
        if row["StateValue"] == ON and since < period.since:
            yield Fired(name=_label(row["AlarmName"], names), since=since, until=None, before=True)


def _server_errors(row: Mapping[str, Any], names: Names) -> Iterator[Mapping[str, Any]]:
    """The metrics of failed requests among those that an alarm of the stack watches."""
    for query in row.get("Metrics", ()) if _tells(row, names) else ():
        metric = query.get("MetricStat", {}).get("Metric", {})
        if metric.get("Namespace") == API_NAMESPACE and metric.get("MetricName") in SERVER_ERRORS:
            yield metric


def _state(row: Mapping[str, Any], which: str) -> str:
    found = _data(row).get(which)
    return said(str(found.get("stateValue", ""))) if isinstance(found, Mapping) else ""


def _data(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an item holds as JSON; empty where it holds none."""
    try:
        found = json.loads(row.get("HistoryData") or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}
