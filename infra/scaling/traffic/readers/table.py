"""CSV with a header, and Parquet with the same columns."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.costs.errors import InputError
from infra.costs.numbers import shown
from infra.scaling.traffic.readers.series import Series, columns, trace_of
from infra.scaling.traffic.readers.source import opened, saying_why
from infra.scaling.traffic.readers.times import has_zone, instant
from infra.scaling.traffic.trace import MOST_STEPS, Trace

if TYPE_CHECKING:
    from pyarrow import ChunkedArray, RecordBatch

DELIMITERS: Final = ",;\t"
LONGEST_LINE: Final = 2**17
ZONELESS: Final = "times carry no zone and are read as UTC"
Row = tuple[int, list[str]]


def read_csv(path: Path, step_seconds: float) -> Trace:
    """A trace from a CSV file with a header; the step is that of the rows, `step_seconds` is not used."""
    with rows_of(path) as rows:
        number, header = next(rows, (1, []))
        if not header:
            raise InputError(str(path), "the file is empty", "give a CSV file with a header and a row for each step")
        time_at, value_at = columns(header, f"{path}, line {number}")
        series, notes, width = Series(str(path)), [], len(header)
        for number, row in rows:
            where = f"line {number}"
            if len(row) != width:
                reason = f"{where} has {len(row)} columns where the header has {width}"
                raise InputError(str(path), reason, "correct the line or fetch the file again")
            series.add(moment(row[time_at], path, where), row[value_at].strip(), where)
            if len(series.times) == 1 and not has_zone(row[time_at]):
                notes = [ZONELESS]
    return trace_of(series, path.stem, tuple(notes))


@contextmanager
def rows_of(path: Path) -> Iterator[Iterator[Row]]:
    """Rows that are not blank, each with the number of its line; the first line says what parts the columns."""
    with opened(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        first = text.readline(LONGEST_LINE)
        delimiter = max(DELIMITERS, key=first.count)
        try:
            yield _numbered(first, text, delimiter, path)
        except csv.Error as error:
            raise InputError(str(path), f"is not CSV ({error})", "give a CSV file with a header") from None


def moment(value: Any, path: Path, where: str, zone: tzinfo = UTC) -> float:
    """Seconds since 1970 of a cell. Raises InputError, naming file and line, for what is no time."""
    try:
        return instant(value, zone)
    except (ValueError, OverflowError):
        action = "write times like 2026-01-05T00:00:00Z or seconds since 1970"
        raise InputError(str(path), f"{where}: {shown(value)} is no time", action) from None


def _numbered(first: str, rest: io.TextIOWrapper, delimiter: str, path: Path) -> Iterator[Row]:
    def lines() -> Iterator[str]:
        line = first
        while line:
            if len(line) == LONGEST_LINE:
                raise InputError(str(path), f"a line is longer than {LONGEST_LINE:,} characters", "give a CSV file")
            yield line
            line = rest.readline(LONGEST_LINE)

    rows = csv.reader(lines(), delimiter=delimiter)
    for row in rows:
        if row and (row[0].strip() or any(cell.strip() for cell in row)):
            yield rows.line_num, row


def read_parquet(path: Path, step_seconds: float) -> Trace:
    """A trace from the columns of a Parquet file, as of a CSV file. Needs pyarrow, else raises InputError."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            str(path), "Parquet needs pyarrow, which is not installed", "run `pip install pyarrow` or give CSV"
        ) from None
    with saying_why(path), path.open("rb") as raw:
        try:
            file = parquet.ParquetFile(raw)
            names = file.schema_arrow.names
            time_at, value_at = columns(names, str(path))
            if file.metadata.num_rows > MOST_STEPS:
                raise InputError(str(path), f"more than {MOST_STEPS:,} rows", "use longer steps or less time")
            batches = file.iter_batches(columns=[names[time_at], names[value_at]])
            return _of_batches(batches, names[time_at], names[value_at], path)
        except (arrow.ArrowException, OSError) as error:
            reason = f"is not Parquet or cut off ({shown(str(error))})"
            raise InputError(str(path), reason, "fetch the file again") from None


def _of_batches(batches: "Iterator[RecordBatch]", time: str, value: str, path: Path) -> Trace:
    series, notes, number = Series(str(path)), set(), 0
    for batch in batches:
        times, zoned = _instants(batch.column(time))
        if not zoned:
            notes.add(ZONELESS)
        for cell, requests in zip(times, batch.column(value).to_pylist(), strict=True):
            number += 1
            series.add(moment(cell, path, f"row {number}"), requests, f"row {number}")
    return trace_of(series, path.stem, tuple(notes))


def _instants(column: "ChunkedArray") -> tuple[list[Any], bool]:
    """A column as numbers since 1970 where it holds times, as it is otherwise; and whether it says its zone."""
    import pyarrow as arrow

    if arrow.types.is_date(column.type):
        column = column.cast(arrow.timestamp("s"))
    if arrow.types.is_timestamp(column.type):
        per_second = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[column.type.unit]
        whole = column.cast(arrow.int64()).to_pylist()
        return [None if cell is None else cell / per_second for cell in whole], column.type.tz is not None
    cells = column.to_pylist()
    return cells, all(has_zone(cell) for cell in cells)
