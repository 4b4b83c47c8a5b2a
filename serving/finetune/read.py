"""Labelled data from CSV, JSON Lines, Parquet, a folder per class, or what the document pipeline wrote."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from serving.errors import InputError
from serving.finetune.trouble import Troubles
from serving.finetune.types import SPELLINGS, Data, Example

TEXT_COLUMNS: Final = ("text", "sentence", "content", "review", "document")
LABEL_COLUMNS: Final = ("label", "class", "category", "sentiment")
PART_COLUMNS: Final = ("split", "part", "set")
GROUP_COLUMNS: Final = ("group", "document_id", "author")
DELIMITERS: Final = ",;\t|"
LONGEST_FIELD: Final = 10_000_000  # characters; the library's own limit is 131,072
Row = tuple[str, Mapping[str, Any] | None]
"""Where a row stands, and its fields by column; None where it is no row."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which column holds what; an empty name is looked for among the usual ones."""

    text: str = ""
    label: str = ""
    part: str = ""
    group: str = ""
    slice: str = ""


def table(path: Path) -> Iterator[Row]:
    """The rows of a CSV, JSON Lines or Parquet file; raises InputError."""
    return _rows(path)


def read(path: Path, columns: Columns | None = None, labels: Path | None = None) -> Data:
    """Read a file or a folder. Rows that cannot be used are left out and found.

    `labels`: a CSV of `id,label` for the document pipeline's rows, whose own `label` is a model's guess.
    Raises InputError where the file, its form or a column is not there.
    """
    troubles = Troubles()
    if path.is_dir():
        return Data(examples=tuple(_folder(path, troubles)), findings=troubles.findings())
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise InputError(str(path), "it holds no row", "give one labelled example a row")
    known = first[1] or {}
    if {"status", "page_results"} <= known.keys():
        found = list(_documents(path, _again(first, rows), labels, troubles))
    else:
        found = list(_examples(path, _again(first, rows), columns or Columns(), troubles))
    return Data(examples=tuple(found), findings=troubles.findings())


def _again(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _rows(path: Path) -> Iterator[Row]:
    readers: Mapping[str, Callable[[Path], Iterator[Row]]] = {
        ".csv": _csv,
        ".tsv": _csv,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".parquet": _parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(str(path), "its name does not say the format", f"end it with {', '.join(readers)}")
    if not path.is_file():
        raise InputError(str(path), "no such file or folder", "check the path")
    return reader(path)


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_FIELD)
    # A byte that is no UTF-8 becomes U+FFFD, which is found as such and named with its row.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header = stream.readline()
        stream.seek(0)
        reader = csv.reader(stream, delimiter=max(DELIMITERS, key=header.count))
        names = [name.strip() for name in next(reader, [])]
        line = reader.line_num + 1
        while True:
            try:
                fields = next(reader, None)
            except csv.Error:
                fields = [""] * (len(names) + 1)
            if fields is None:
                return
            if fields:
                whole = len(fields) == len(names)
                yield f"{path.name}:{line}", dict(zip(names, fields, strict=True)) if whole else None
            line = reader.line_num + 1


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            yield f"{path.name}:{number}", row if isinstance(row, dict) else None


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise InputError(str(path), "pyarrow is not installed", 'pip install -e ".[documents]"') from None
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path.name}:{number}", row
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = f"is not Parquet or cut off ({(str(error) or type(error).__name__).splitlines()[0]})"
        raise InputError(str(path), reason, "write the file again") from None


def _examples(path: Path, rows: Iterator[Row], wanted: Columns, troubles: Troubles) -> Iterator[Example]:
    names: Columns | None = None
    for where, row in rows:
        if row is None:
            troubles.add("broken row", where)
            continue
        names = names or _columns(path, list(row), wanted)
        text, label = row.get(names.text), _label(row.get(names.label), where, troubles)
        part = str(row.get(names.part) or "").strip().lower() if names.part else ""
        if label is None:
            continue
        if not isinstance(text, str):
            troubles.add("empty" if text is None else "not text", where)
        elif part and part not in SPELLINGS:
            troubles.add("unknown part", where)
        else:
            group = row.get(names.group) if names.group else None
            group = "" if group is None else str(group)
            piece = row.get(names.slice) if names.slice else None
            own = "" if piece is None else f"{names.slice} {piece}"
            yield Example(row=where, label=label, text=text, group=group, part=SPELLINGS.get(part, ""), slice=own)


def _columns(path: Path, there: list[str], wanted: Columns) -> Columns:
    """The names of the columns; raises InputError naming those there are."""

    def one(name: str, usual: tuple[str, ...], what: str) -> str:
        found = [name] if name in there else [] if name else [c for c in there if c.lower() in usual]
        if len(found) == 1:
            return found[0]
        if not found and not name and what not in ("text", "label"):
            return ""
        reason = f"column {name!r} is not there" if name else f"{len(found) or 'no'} columns could be the {what}"
        raise InputError(str(path), f"{reason} ({', '.join(there)})", f"name the column of the {what}")

    return Columns(
        text=one(wanted.text, TEXT_COLUMNS, "text"),
        label=one(wanted.label, LABEL_COLUMNS, "label"),
        part=one(wanted.part, PART_COLUMNS, "part"),
        group=one(wanted.group, GROUP_COLUMNS, "group"),
        slice=one(wanted.slice, (), "slices"),
    )


def _label(value: Any, where: str, troubles: Troubles) -> str | None:
    """A label as a string: a word, or a whole number as a class's code."""
    if value is None or (isinstance(value, str) and not value.strip()):
        troubles.add("no label", where)
        return None
    if isinstance(value, bool | str):
        return str(value)
    # A Parquet column with a missing value turns its codes into floats.
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    troubles.add("no label" if value != value else "label form", where)
    return None


def _documents(path: Path, rows: Iterator[Row], labels: Path | None, troubles: Troubles) -> Iterator[Example]:
    """The document pipeline's rows with a person's labels, joined by id."""
    if labels is None:
        reason = "its label is a model's own guess, not a person's"
        raise InputError(str(path), reason, "give a CSV of id,label beside it")
    given = dict(_given(labels, troubles))
    for where, row in rows:
        if row is None:
            troubles.add("broken row", where)
            continue
        entry = given.pop(str(row.get("id")), None)
        if row.get("status") != "ok":
            troubles.add("failed document", where)
        elif entry is None:
            troubles.add("no label", where)
        elif row.get("text") is None:
            raise InputError(str(path), "its rows hold no text", "run the pipeline again with --keep-text")
        elif not isinstance(row["text"], list) or not all(isinstance(page, str) for page in row["text"]):
            troubles.add("not text", where)
        else:
            yield Example(row=where, label=entry[0], text="\n".join(row["text"]), group=str(row["id"]))
    for _, where in given.values():
        troubles.add("no document", where)


def _given(path: Path, troubles: Troubles) -> Iterator[tuple[str, tuple[str, str]]]:
    """Id, and label with the place it stands."""
    for where, row in _rows(path):
        if row is None:
            troubles.add("broken row", where)
            continue
        if not {"id", "label"} <= row.keys():
            raise InputError(str(path), "it has no columns id and label", "name them in its first line")
        label = _label(row["label"], where, troubles)
        if label is not None:
            yield str(row["id"]), (label, where)


def _folder(path: Path, troubles: Troubles) -> Iterator[Example]:
    """A folder per class, hidden files left alone; or train, validation and test with a folder per class each."""
    inside = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not inside:
        raise InputError(str(path), "it holds no folders", "make one folder per class")
    parted = all(folder.name.lower() in SPELLINGS for folder in inside)
    for part in inside if parted else [path]:
        for entry in sorted(part.iterdir()):
            if entry.is_file() and not entry.name.startswith("."):
                troubles.add("loose file", entry.relative_to(path).as_posix())
        name = SPELLINGS[part.name.lower()] if parted else ""
        for folder in sorted(p for p in part.iterdir() if p.is_dir() and not p.name.startswith(".")):
            files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
            if not files:
                troubles.add("empty class", folder.relative_to(path).as_posix() + "/")
            for file in files:
                yield Example(row=file.relative_to(path).as_posix(), label=folder.name, image=file, part=name)
