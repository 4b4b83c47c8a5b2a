"""Objectives: burn rates over two windows fire on what uses up the budget, soon, and end soon after."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.record import Recording
from tests.infra.metric_math import final
from tests.infra.stack_variants import canary, committed, named, of_type, only, trial

METRIC = "cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "cloudwatch/compositeAlarm:CompositeAlarm"
HOUR = 60
Failing = Callable[[int], float]


def stack() -> Recording:
    """99.5 % available, 99 % within 500 ms, over 30 days."""
    return trial(alarms="all", latencyObjectiveMs=500)


def metrics(row: dict[str, Any], end: int, share: Failing, requests: int) -> dict[str, float]:
    """The value of each metric of an alarm at a minute, of a constant traffic of which a share is bad."""
    (period,) = {query["metric"]["period"] for query in row["metricQueries"] if "metric" in query}
    minutes = range(end - period // 60, end)
    total = requests * len(minutes)
    bad = sum(requests * share(minute) for minute in minutes)
    if not total:
        return {}
    return {"requests": total, "errors": bad, "quick": 100 * (1 - bad / total)}


def alarmed(recording: Recording, label: str, minute: int, share: Failing, requests: int = 100) -> bool:
    """Whether a composite alarm's rule holds at a minute, by its windows' own expressions and thresholds."""
    alarms = {row["inputs"]["name"]: row["inputs"] for row in of_type(recording, METRIC)}
    rule = named(recording, COMPOSITE, label)["alarmRule"]
    states = []
    for name in re.findall(r'ALARM\("([^"]+)"\)', rule):
        rate = final(alarms[name], metrics(alarms[name], minute, share, requests))
        assert alarms[name]["comparisonOperator"] == "GreaterThanThreshold"
        states.append(not math.isnan(rate) and rate > alarms[name]["threshold"])
    assert rule.count(" AND ") == len(states) - 1 == 1
    return all(states)


def first(recording: Recording, label: str, share: Failing) -> int | None:
    """The minute after the start of the trouble (minute 0) at which an alarm goes off within a day."""
    return next((m for m in range(1, 24 * HOUR) if alarmed(recording, label, m, share)), None)


def since(bad: float) -> Failing:
    return lambda minute: bad if minute >= 0 else 0


@pytest.mark.parametrize("objective", ["availability", "latency"])
def test_a_whole_outage_is_told_within_minutes(objective: str) -> None:
    # 14.4 times 0.5 % of an hour is 4.3 minutes of nothing but failures; 14.4 times 1 % are 8.6 of slowness.
    assert first(stack(), f"{objective}-fast", since(1.0)) == {"availability": 5, "latency": 9}[objective]


def test_a_leak_that_lasts_is_told_by_the_slow_alarm_alone() -> None:
    leak = since(0.035)  # seven times the budget's own rate
    assert first(stack(), "availability-fast", leak) is None
    assert first(stack(), "availability-slow", leak) == pytest.approx(6 * HOUR * 3 / 3.5, abs=1)


def test_what_the_objective_allows_is_never_told() -> None:
    for label in ("availability-fast", "availability-slow"):
        assert first(stack(), label, since(0.005)) is None


def test_an_alarm_ends_by_its_short_window_though_the_long_one_still_remembers() -> None:
    def outage(minute: int) -> float:
        return 1.0 if 0 <= minute < 10 else 0.0

    states = {minute: alarmed(stack(), "availability-fast", minute, outage) for minute in range(1, 30)}
    assert states[10]
    # 14.4 times 0.5 % of five minutes: with 0.36 minutes of failures left in the window it is over.
    assert [minute for minute, on in states.items() if on][-1] == 14


def test_one_bad_minute_in_a_quiet_hour_is_not_enough() -> None:
    assert first(stack(), "availability-fast", lambda minute: 1.0 if minute == 0 else 0.0) is None


@pytest.mark.parametrize("label", ["availability-fast", "availability-slow", "latency-fast", "latency-slow"])
def test_without_requests_nothing_burns(label: str) -> None:
    assert not alarmed(stack(), label, HOUR, since(1.0), requests=0)


def test_a_stricter_objective_fires_at_fewer_failures() -> None:
    strict = trial(alarms="all", availabilityObjectivePercent="99.95")
    leak = since(0.02)
    assert first(strict, "availability-fast", leak) is not None
    assert first(stack(), "availability-fast", leak) is None


@pytest.mark.parametrize(("days", "rates"), [(30, {14.4, 6}), (28, {13.44, 5.6})])
def test_rates_follow_from_the_share_of_the_budget_and_the_days(days: int, rates: set[float]) -> None:
    recording = trial(alarms="all", objectiveDays=days)
    found = {
        row["inputs"]["threshold"]
        for row in of_type(recording, METRIC)
        if re.search(r"-(fast|slow)-", row["urn"].rpartition("::")[2])
    }
    assert found == rates


def test_every_alarm_keeps_to_what_cloudwatch_takes() -> None:
    """PutMetricAlarm: a day in all for periods below an hour, else seven; periods in whole minutes."""
    for row in of_type(committed("prod"), METRIC):
        queries = row["inputs"].get("metricQueries", [])
        periods = [query["metric"]["period"] for query in queries if "metric" in query] or [row["inputs"]["period"]]
        for period in periods:
            assert period % 60 == 0
            assert period * row["inputs"]["evaluationPeriods"] <= (86_400 if period < 3_600 else 604_800)
        assert len(row["inputs"]["alarmDescription"]) <= 1024


def test_latency_counts_the_share_above_the_objective_as_an_alarm_may() -> None:
    found = named(stack(), METRIC, "latency-fast-5m")["metricQueries"][0]["metric"]
    # PR(n:m) is among the extended statistics of PutMetricAlarm; TC of values is not.
    assert (found["stat"], found["metricName"]) == ("PR(:500)", "Latency")


def test_health_is_what_callers_feel_and_tells_nobody_twice() -> None:
    health = named(committed("prod"), COMPOSITE, "health")
    parts = {name.removeprefix("breakeven-prod-") for name in re.findall(r'ALARM\("([^"]+)"\)', health["alarmRule"])}
    assert parts == {"errors", "no-instance", "probe", "queue-age", "availability-fast", "latency-fast"}
    assert not health.get("alarmActions")
    everything = {
        row["inputs"].get("name") or row["inputs"]["alarmName"]
        for kind in (METRIC, COMPOSITE)
        for row in of_type(committed("prod"), kind)
    }
    assert {f"breakeven-prod-{part}" for part in parts} <= everything


def test_few_alarms_have_no_burn_rates_and_a_canary_does_not_count_as_health() -> None:
    assert of_type(trial(alarms="few"), COMPOSITE) == []
    assert "canary" not in named(canary(alarms="all"), COMPOSITE, "health")["alarmRule"]


def test_a_pair_tells_the_topic_and_its_windows_do_not() -> None:
    for label in ("availability-fast", "latency-slow"):
        assert named(stack(), COMPOSITE, label)["alarmActions"]
    for row in of_type(stack(), METRIC):
        if re.search(r"-\d+[hm]$", row["urn"]):
            assert not row["inputs"].get("alarmActions")


def test_the_dashboard_shows_the_budgets_over_their_days_and_the_alarms_own_rates_as_lines() -> None:
    widgets = json.loads(only(stack(), "cloudwatch/dashboard:Dashboard")["dashboardBody"])["widgets"]
    shown = {widget["properties"]["title"]: widget["properties"] for widget in widgets}
    left = shown["Error budget left, percent of 30 days"]
    assert (left["start"], left["view"]) == ("-P30D", "singleValue")
    lines = {row["value"] for row in shown["Burn rates, over an hour"]["annotations"]["horizontal"]}
    assert lines == {14.4, 6, 1}
    assert shown["Failed requests, percent"]["annotations"]["horizontal"][0]["value"] == 0.5
    for properties in (left, shown["Burn rates, over an hour"]):
        ids = [part["id"] for row in properties["metrics"] for part in row if isinstance(part, dict) and "id" in part]
        used = {
            word
            for row in properties["metrics"]
            if isinstance(row[0], dict)
            for word in re.findall(r"[a-z]+", row[0]["expression"])
        }
        assert used <= set(ids)
        assert len(ids) == len(set(ids))
