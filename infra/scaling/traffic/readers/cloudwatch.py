"""Request counts as CloudWatch exports them: two commands of the AWS CLI, and the console's download.

`aws cloudwatch get-metric-statistics`: {"Label", "Datapoints": [{"Timestamp", "Sum", "Unit"}]}, in no order.
`aws cloudwatch get-metric-data`: {"MetricDataResults": [{"Id", "Label", "Timestamps": [...], "Values": [...]}]}.
The console's CSV: rows that begin with Label and Full label (which ends with statistic and period), then a time and a
value a row, in the zone that the name of the file ends with.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.numbers import shown
from infra.scaling.traffic.readers.series import Series, trace_of
from infra.scaling.traffic.readers.source import opened
from infra.scaling.traffic.readers.table import ZONELESS, Row, moment, rows_of
from infra.scaling.traffic.readers.times import has_zone, instant
from infra.scaling.traffic.trace import Trace

MOST_JSON_BYTES: Final = 256 * 2**20
CSV_LABELS: Final = ("full label", "label")
STATISTICS: Final = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")
ACTION: Final = "export the Sum of RequestCount alone"
FORMS: Final = "the answer of `aws cloudwatch get-metric-statistics` or `get-metric-data`"
ZONE_IN_NAME: Final = re.compile(r"-UTC([+-]\d{1,2})?(?: ?\(\d+\))?\.csv$")
HEADER_ROWS: Final = 20


def read_cloudwatch(path: Path, step_seconds: float) -> Trace:
    """A trace from a CloudWatch export; the step is that of the data points, `step_seconds` is not used."""
    with opened(path) as stream:
        start = stream.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return _read_json(path) if start in (b"{", b"[") else _read_console(path)


def _read_json(path: Path) -> Trace:
    document = _document(path)
    notes: list[str] = []
    if isinstance(document, Mapping) and document.get("NextToken"):
        notes.append("the export ends with a NextToken: there is more than this file holds")
    series = Series(str(path))
    name = path.stem
    for label, where, time, value in _points(document, path):
        name = label or name
        if not has_zone(time) and ZONELESS not in notes:
            notes.append(ZONELESS)
        series.add(moment(time, path, where), value, where)
    return trace_of(series, name, tuple(notes))


def _document(path: Path) -> Any:
    def refused(constant: str) -> None:
        raise ValueError(f"{constant} is no number")

    with opened(path, MOST_JSON_BYTES) as stream:
        text = stream.read().decode("utf-8-sig")
    try:
        return json.loads(text, parse_constant=refused)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise InputError(str(path), f"{where}: not JSON or cut off ({error.msg})", f"give {FORMS}") from None
    except (RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(str(path), f"cannot be an export ({reason})", f"give {FORMS}") from None


def _points(document: Any, path: Path) -> Iterator[tuple[str, str, Any, Any]]:
    """Label, place in the file, time and value of each data point."""
    if isinstance(document, Mapping) and isinstance(document.get("MetricDataResults"), list):
        yield from _of_results(document["MetricDataResults"], path)
    elif isinstance(document, list) or (isinstance(document, Mapping) and isinstance(document.get("Datapoints"), list)):
        rows, label = (document, "") if isinstance(document, list) else (document["Datapoints"], document.get("Label"))
        for i, row in enumerate(rows):
            where = f"Datapoints[{i}]"
            if not isinstance(row, Mapping) or "Timestamp" not in row:
                raise InputError(str(path), f"{where} has no Timestamp", f"give {FORMS}")
            if "Sum" not in row:
                found = ", ".join(sorted(set(row) & set(STATISTICS))) or "no statistic"
                raise InputError(str(path), f"{where} has {found} and no Sum", "export with --statistics Sum")
            yield str(label or ""), where, row["Timestamp"], _number(row["Sum"])
    else:
        raise InputError(str(path), "has neither Datapoints nor MetricDataResults", f"give {FORMS}")


def _of_results(results: list[Any], path: Path) -> Iterator[tuple[str, str, Any, Any]]:
    filled = [(i, row) for i, row in enumerate(results) if not isinstance(row, Mapping) or row.get("Timestamps")]
    shape = all(
        isinstance(row, Mapping) and isinstance(row["Timestamps"], list) and isinstance(row.get("Values"), list)
        for _, row in filled
    )
    if not shape:
        raise InputError(str(path), "a result has no lists of Timestamps and Values", f"give {FORMS}")
    # The same Id comes again where an answer had pages.
    labels = {(str(row.get("Id")), str(row.get("Label"))): row.get("Label") or row.get("Id") for _, row in filled}
    if len(labels) > 1:
        named = ", ".join(shown(label) for label in list(labels.values())[:8])
        raise InputError(str(path), f"holds {len(labels)} metrics ({named})", ACTION)
    for i, row in filled:
        if len(row["Timestamps"]) != len(row["Values"]):
            reason = f"MetricDataResults[{i}] has {len(row['Timestamps'])} Timestamps for {len(row['Values'])} Values"
            raise InputError(str(path), reason, "fetch the export again")
        for j, (time, value) in enumerate(zip(row["Timestamps"], row["Values"], strict=True)):
            yield str(row.get("Label") or row.get("Id") or ""), f"Values[{j}] of result {i}", time, _number(value)


def _number(value: Any) -> Any:
    """A value as it is, but for what JSON has and a number of requests is not: text and nothing."""
    if isinstance(value, int | float):
        return value
    return f"{value!r}" if isinstance(value, str | None) else shown(value)


def _read_console(path: Path) -> Trace:
    zone, notes = UTC, [f"{ZONELESS}, since the file's name ends with no zone"]
    if found := ZONE_IN_NAME.search(path.name):
        zone, notes = timezone(timedelta(hours=int(found[1] or 0))), []
    series = Series(str(path))
    with rows_of(path) as rows:
        labels, first = _header(rows, path)
        column, step = _column(labels, path)
        for number, row in first and (first, *rows):
            where = f"line {number}"
            if len(row) <= column:
                raise InputError(str(path), f"{where} has {len(row)} columns", "fetch the file again")
            series.add(moment(row[0], path, where, zone), row[column].strip(), where)
    name = labels.get("label", labels.get("full label", []))
    return trace_of(series, name[column] if len(name) > column else path.stem, tuple(notes), step)


def _header(rows: Iterator[Row], path: Path) -> tuple[dict[str, list[str]], Row]:
    """The rows before the data by what they begin with, and the first row of data."""
    labels: dict[str, list[str]] = {}
    for number, row in rows:
        try:
            instant(row[0])
        except (ValueError, OverflowError):
            labels[row[0].strip().lower()] = [cell.strip() for cell in row]
            if number > HEADER_ROWS:
                break
            continue
        if not any(label in labels for label in CSV_LABELS):
            break
        return labels, (number, row)
    raise InputError(str(path), "no rows of labels, then of times, as the console writes them", ACTION)


def _column(labels: dict[str, list[str]], path: Path) -> tuple[int, float | None]:
    """Which column holds the values, and how long a step is where the label says so."""
    full = labels.get("full label", labels.get("label", []))
    filled = [i for i, cell in enumerate(full) if i and cell]
    if len(filled) > 1:
        raise InputError(
            str(path), f"holds {len(filled)} metrics ({', '.join(shown(full[i]) for i in filled[:8])})", ACTION
        )
    column = filled[0] if filled else 1
    words = full[column].split() if len(full) > column else []
    if len(words) >= 2 and words[-2] in STATISTICS and words[-1].isdigit():
        if words[-2] != "Sum":
            raise InputError(str(path), f"holds the {words[-2]} of {shown(full[column])}, no sums", ACTION)
        return column, float(words[-1]) or None
    return column, None
