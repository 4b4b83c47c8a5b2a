"""CloudWatch's three exports of the same minutes give the same trace."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.costs.errors import InputError
from infra.scaling.traffic import MONDAY, Trace, read_trace

COUNTS = (12.0, 0.0, 7.0, 30.0, 4.0)
SHOP = Trace(counts=COUNTS, step_seconds=60, name="RequestCount")
# CloudWatch has no data point for a minute without a request.
POINTS = [(MONDAY + timedelta(minutes=i), count) for i, count in enumerate(COUNTS) if count]
LABEL = "us-east-1:AWS/ApplicationELB RequestCount Sum 60"


def written(folder: Path, content: Any, name: str = "export.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def statistics(**more: Any) -> dict[str, Any]:
    rows = [{"Timestamp": f"{time:%Y-%m-%dT%H:%M:%S}+00:00", "Sum": sum_, "Unit": "Count"} for time, sum_ in POINTS]
    return {"Label": "RequestCount", "Datapoints": rows[::-1], **more}


def data(*parts: list[Any], **more: Any) -> dict[str, Any]:
    results = [
        {
            "Id": "m1",
            "Label": "RequestCount",
            "Timestamps": [time.isoformat() for time, _ in part],
            "Values": [value for _, value in part],
            "StatusCode": "Complete",
        }
        for part in parts
    ]
    return {"MetricDataResults": results, "Messages": [], **more}


def console(*rows: str, full: str = LABEL, label: str = "RequestCount") -> str:
    return "\n".join(["Metrics,", "", f"Label,{label}", f"Full label,{full}", *rows]) + "\n"


def console_rows(hours: int = 0) -> list[str]:
    return [f"{time + timedelta(hours=hours):%Y/%m/%d %H:%M:%S},{value}" for time, value in POINTS]


@pytest.mark.parametrize(
    "document",
    [statistics(), statistics()["Datapoints"], data(POINTS), data(POINTS[:2], POINTS[2:]), data(POINTS[::-1], [])],
)
@pytest.mark.parametrize("indent", [None, 4])
def test_answers_of_the_command_line_are_read(tmp_path: Path, document: Any, indent: int | None) -> None:
    trace = read_trace(written(tmp_path, json.dumps(document, indent=indent)))
    named = "export" if isinstance(document, list) else "RequestCount"
    assert trace == Trace(counts=COUNTS, step_seconds=60, name=named)
    assert trace.notes[0].startswith("1 of 5 steps have no row and count as 0 requests")


def test_the_consoles_download_is_read_whose_label_says_the_step(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, console(*console_rows()), "RequestCount-UTC.csv"))
    assert trace == SHOP
    # Two rows ten minutes apart, of minutes all the same.
    two = console("2026/01/05 00:00:00,3", "2026/01/05 00:10:00,4")
    assert len(read_trace(written(tmp_path, two, "two-UTC.csv")).counts) == 11


@pytest.mark.parametrize(("name", "hours"), [("shop-UTC+9.csv", 9), ("shop-UTC-3.csv", -3), ("shop-UTC+0 (1).csv", 0)])
def test_the_consoles_file_name_says_the_zone(tmp_path: Path, name: str, hours: int) -> None:
    trace = read_trace(written(tmp_path, console(*console_rows(hours)), name))
    assert trace == SHOP
    assert len(trace.notes) == 1


def test_a_download_that_says_no_zone_is_read_as_utc_and_says_so(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, console(*console_rows()), "shop.csv"))
    assert trace == SHOP
    assert trace.notes[0] == "times carry no zone and are read as UTC, since the file's name ends with no zone"


def test_an_export_that_goes_on_elsewhere_says_so(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, data(POINTS, NextToken="abc")))
    assert "there is more than this file holds" in trace.notes[0]


AVERAGES = [{"Timestamp": "2026-01-05T00:00:00Z", "Average": 1.0, "Unit": "Count"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"Label": "RequestCount",\n "Datapoints": [', "line 2 column 17: not JSON or cut off"),
        ("{}", "has neither Datapoints nor MetricDataResults"),
        ('{"Datapoints": {}}', "has neither Datapoints nor MetricDataResults"),
        ('{"Datapoints": []}', "0 rows with a value: too few"),
        ("[1, 2]", "Datapoints[0] has no Timestamp"),
        ({"Datapoints": AVERAGES}, "Datapoints[0] has Average and no Sum; export with --statistics Sum"),
        ({"Datapoints": [{"Timestamp": "now", "Sum": 1}]}, "Datapoints[0]: 'now' is no time"),
        ({"Datapoints": [{"Timestamp": None, "Sum": 1}]}, "Datapoints[0]: a NoneType is no time"),
        ({"Datapoints": [{"Timestamp": "2026-01-05T00:00:00Z", "Sum": "4"}]}, "is no number of requests"),
        ({"Datapoints": [{"Timestamp": "2026-01-05T00:00:00Z", "Sum": None}]}, "'None' is no number of requests"),
        ({"Datapoints": [{"Timestamp": "2026-01-05T00:00:00Z", "Sum": -4}]}, "-4 is no number of requests"),
        ('{"Datapoints": [{"Timestamp": "2026-01-05T00:00:00Z", "Sum": NaN}]}', "NaN is no number"),
        ('{"Datapoints": [{"Timestamp": "2026-01-05T00:00:00Z", "Sum": 1' + "0" * 400 + "}]}", "no number of requests"),
        ("[" * 100_000, "cannot be an export (nested too deeply)"),
        ({"MetricDataResults": []}, "0 rows with a value: too few"),
        ({"MetricDataResults": [3]}, "a result has no lists of Timestamps and Values"),
        ({"MetricDataResults": [{"Id": "a", "Timestamps": ["x"]}]}, "a result has no lists of Timestamps and Values"),
        (
            {"MetricDataResults": [{"Id": "a", "Timestamps": ["x", "y"], "Values": [1]}]},
            "MetricDataResults[0] has 2 Timestamps for 1 Values",
        ),
        (
            {"MetricDataResults": [{"Id": i, "Timestamps": ["x"], "Values": [1]} for i in "ab"]},
            "holds 2 metrics ('a', 'b'); export the Sum of RequestCount alone",
        ),
        (
            {"MetricDataResults": [{"Id": i, "Timestamps": ["x"], "Values": [1]} for i in ([], {})]},
            "holds 2 metrics",
        ),
        ({"Datapoints": [{"Timestamp": "2026-01-05T00:00:00Z", "Sum": [[1]]}]}, "a list is no number of requests"),
        (console(), "no rows of labels, then of times"),
        (console(*console_rows(), full="us-east-1:AWS/ApplicationELB RequestCount Average 60"), "holds the Average of"),
        (console("2026/01/05 00:00:00,1,2", full=f"{LABEL},{LABEL}"), "holds 2 metrics"),
        (console("2026/01/05 00:00:00,1", "soon,1"), "line 6: 'soon' is no time"),
        (console("2026/01/05 00:00:00"), "line 5 has 1 columns"),
        (console("2026/01/05 00:00:00,-"), "line 5: '-' is no number of requests"),
    ],
)
def test_what_is_no_export_of_request_counts_is_refused_in_one_line(tmp_path: Path, content: Any, reason: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(InputError) as refused:
        read_trace(path)
    assert reason in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_a_form_that_is_named_is_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path, "timestamp,value\n2026-01-05T00:00Z,1\n2026-01-05T00:01Z,2\n", "shop.csv")
    assert read_trace(path, form="csv").total == 3
    with pytest.raises(InputError, match="no rows of labels"):
        read_trace(path, form="cloudwatch")
