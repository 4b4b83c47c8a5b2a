"""The results of a run, read from their file a row at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.documents import parquet
from serving.documents.resume import Record, record_of
from serving.errors import InputError

if TYPE_CHECKING:
    from serving.documents.summary import Summary

Document = dict[str, Any]


def is_parquet(path: Path) -> bool:
    """What a results file's name says; raises InputError for a name that says neither format."""
    if path.suffix.lower() not in (".jsonl", ".ndjson", ".parquet"):
        raise InputError(str(path), "its name does not say the format", "end it with .jsonl or .parquet")
    return path.suffix.lower() == ".parquet"


@dataclass(frozen=True)
class Results:
    """What a run found: iterate it for the rows, one dict a document as docs/documents.md describes them.

    Rows stay in the file at `path`; iterating reads it again, so that any number of documents fits.
    """

    path: Path

    def __iter__(self) -> Iterator[Document]:
        if is_parquet(self.path):
            yield from parquet.rows(self.path)
            return
        with self.path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

    def __len__(self) -> int:
        return self._rows

    @cached_property
    def _rows(self) -> int:
        if is_parquet(self.path):
            return parquet.count(self.path)
        with self.path.open("rb") as lines:
            return sum(1 for _ in lines)

    @property
    def failures(self) -> Iterator[Document]:
        """The rows of documents without a result; `reason` and `message` say why."""
        return (row for row in self if row["status"] == "failed")

    def summary(self) -> "Summary":
        """Counts, labels, failures and times of the whole run."""
        from serving.documents.summary import summarise

        return summarise(self, Record.read(record_of(self.path)))

    def __repr__(self) -> str:
        return f"Results({str(self.path)!r}, {len(self)} documents)"
