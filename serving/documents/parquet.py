"""Results as Parquet: made from the finished JSON lines, with typed columns, a group of rows at a time."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from serving.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_GROUP: Final = 2_000
BYTES_A_GROUP: Final = 32 * 1024**2
OTHER: Final = "other"  # what a row has beside the columns, as JSON


def convert(journal: Path, target: Path) -> None:
    """Write the rows of a journal to `target`, after those that are there already; all or nothing."""
    pq = _parquet()
    partial = target.with_name(f"{target.name}.partial")
    schema = columns()
    try:
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            if target.exists():
                for batch in pq.ParquetFile(target).iter_batches(ROWS_A_GROUP):
                    writer.write_batch(batch)
            for group in _groups(journal):
                writer.write_batch(_batch(schema, group))
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise InputError(str(target), reason, "make room, then go on with --resume") from None


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, as they were before they were written to it."""
    for batch in _open(path).iter_batches(ROWS_A_GROUP):
        for row in batch.to_pylist():
            yield _row(row)


def count(path: Path) -> int:
    """How many rows a Parquet file has."""
    return int(_open(path).metadata.num_rows)


def ids(path: Path) -> Iterator[str]:
    """Of every row the id of the file that it comes from."""
    for batch in _open(path).iter_batches(ROWS_A_GROUP, columns=["id", "archive"]):
        for row in batch.to_pylist():
            yield row["archive"] or row["id"]


def columns() -> "pa.Schema":
    """The columns; one that a row has no value for is null."""
    import pyarrow as pa

    scores = pa.map_(pa.string(), pa.float64())
    judged = [("label", pa.string()), ("score", pa.float64())]
    page = [
        ("page", pa.int64()),
        ("method", pa.string()),
        ("turned", pa.int64()),
        ("skew", pa.float64()),
        ("confidence", pa.float64()),
        ("characters", pa.int64()),
        *judged,
        ("scores", scores),
    ]
    passage = [("page", pa.int64()), ("start", pa.int64()), ("end", pa.int64()), *judged]
    words = ("id", "kind", "status", "model", "version", "label", "reason", "message", "archive")
    numbers = ("bytes", "pages", "characters", "tokens")
    return pa.schema(
        [
            *((name, pa.string()) for name in words),
            *((name, pa.int64()) for name in numbers),
            ("score", pa.float64()),
            ("scores", scores),
            ("page_results", pa.list_(pa.struct(page))),
            ("passages", pa.list_(pa.struct(passage))),
            ("notes", pa.list_(pa.string())),
            ("text", pa.list_(pa.string())),
            ("embedding", pa.list_(pa.float32())),
            ("member", pa.list_(pa.int64())),
            ("seconds", scores),
            (OTHER, pa.string()),
        ]
    )


def _groups(journal: Path) -> Iterator[list[bytes]]:
    """Lines that fit into memory together: rows may carry whole texts."""
    with journal.open("rb") as lines:
        group: list[bytes] = []
        size = 0
        for line in lines:
            group.append(line)
            size += len(line)
            if len(group) == ROWS_A_GROUP or size > BYTES_A_GROUP:
                yield group
                group, size = [], 0
        if group:
            yield group


def _batch(schema: "pa.Schema", lines: list[bytes]) -> "pa.RecordBatch":
    import pyarrow as pa

    known = {field.name for field in schema} - {OTHER}
    page = {field.name for field in schema.field("page_results").type.value_type}
    return pa.RecordBatch.from_pylist([_flat(json.loads(line), known, page) for line in lines], schema=schema)


def _flat(row: dict[str, Any], known: set[str], page: set[str]) -> dict[str, Any]:
    """A row as its columns want it: maps as pairs, and what no column is for as JSON in `other`."""
    other = {name: row.pop(name) for name in [*row] if name not in known}
    more = [{name: one.pop(name) for name in [*one] if name not in page} for one in row.get("page_results", ())]
    if any(more):
        other["page_results"] = more
    for one in (row, *row.get("page_results", ())):
        for name in ("scores", "seconds"):
            if name in one:
                one[name] = [*one[name].items()]
    for name in ("id", "archive", "message"):
        if name in row:
            row[name] = _storable(row[name])
    return {**row, OTHER: json.dumps(other, ensure_ascii=False) if other else None}


def _storable(text: str) -> str:
    """Parquet takes UTF-8 alone, but a file may be named otherwise."""
    return text.encode("utf-8", "backslashreplace").decode()


def _row(stored: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in stored.items() if value is not None and name != OTHER}
    other = json.loads(stored[OTHER] or "{}")
    for one, more in zip(row.get("page_results", ()), other.pop("page_results", ()), strict=False):
        one.update(more)
    for one in (row, *row.get("page_results", ())):
        for name in ("scores", "seconds"):
            if one.get(name) is not None:
                one[name] = dict(one[name])
    return {**row, **other}


def _open(path: Path) -> Any:
    try:
        return _parquet().ParquetFile(path)
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        reason = f"cannot be read ({str(error).splitlines()[0]})"
        raise InputError(str(path), reason, "write to another file") from None


def _parquet() -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise InputError("Parquet", "pyarrow is not installed", "pip install -e '.[documents]'") from None
    return parquet
