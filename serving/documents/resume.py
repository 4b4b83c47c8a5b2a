"""Going on after a stop: what a run was told, what it has done, and the end of its results put right."""

import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Self

from serving.documents.plan import Plan
from serving.errors import InputError, refuse_newer

DIGEST_BYTES: Final = 16
FORMAT: Final = 1
CACHE_KIB: Final = 16 * 1024


@dataclass(frozen=True, kw_only=True)
class Record:
    """The file beside the results: `plan` as JSON, the folder, and what the run has come to.

    `seconds` counts every stretch of the run that came to an end by itself; `skipped` how many files of each
    extension were no document of the asked types.
    """

    run: str
    folder: str
    plan: Mapping[str, Any]
    engine: str = "processes"
    seconds: float = 0.0
    finished: bool = False
    skipped: Mapping[str, int] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def new(cls, folder: Path, plan: Plan) -> Self:
        """That of a run that begins."""
        as_read = json.loads(json.dumps(plan.as_json()))
        return cls(run=uuid.uuid4().hex, folder=str(folder.resolve()), plan=as_read)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises InputError for a file that is not there or says something else."""
        try:
            said = json.loads(path.read_bytes())
            refuse_newer(str(path), said.get("format", FORMAT), FORMAT)
            return cls(**said)
        except FileNotFoundError:
            reason = "not there, so what the results were made with is unknown"
            raise InputError(str(path), reason, "write to another file") from None
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise InputError(str(path), f"cannot be read ({error})", "write to another file") from None

    def write(self, path: Path) -> None:
        """Replace the file at once."""
        partial = path.with_name(f"{path.name}.partial")
        try:
            partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(str(path), reason, "give results in a folder that can be written") from None

    def resumed(self, wanted: Self, results: Path) -> Self:
        """This record for the same run again; raises InputError naming the first setting that is another now."""
        for name, before, now in (("folder", self.folder, wanted.folder), *_changes("", self.plan, wanted.plan)):
            if before != now:
                reason = f"it was made with {name} {_short(before)}, not {_short(now)}"
                raise InputError(str(results), reason, "resume with that, or write to another file")
        return replace(self, engine=wanted.engine, finished=False)


def _changes(path: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _changes(f"{path}{name}.", old, new)
        else:
            yield f"{path}{name}", old, new


def _short(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def record_of(results: Path) -> Path:
    """Where the record of a results file lies."""
    return results.with_name(f"{results.name}.run.json")


def source_id(row: Mapping[str, Any]) -> str:
    """The id of the file that a row comes from: its own, or that of the archive or e-mail around it."""
    return str(row.get("archive") or row["id"])


def repair(journal: Path, seen: Callable[[str], None]) -> int:
    """Cut off the end what a kill left unfinished; the number of bytes cut.

    `seen` is told the id of every source whose rows are all there: a line must be whole, and of an archive all
    members. From the first one that is not, everything is done again.
    """
    whole = position = members = 0
    with journal.open("rb") as lines:
        for line in lines:
            row = _row(line)
            if row is None:
                break
            position, members = position + len(line), members + 1
            place, of = row.get("member") or (1, 1)
            if place != members:
                break
            if place == of:
                whole, members = position, 0
                seen(source_id(row))
    cut = journal.stat().st_size - whole
    if cut:
        os.truncate(journal, whole)
    return cut


def forget_failed(journal: Path) -> int:
    """Take out all rows of the sources of which a row failed, so that they are done again; how many sources.

    The file is replaced at once: a stop in the middle leaves it as it was. Raises InputError where the disk is full.
    """
    partial = journal.with_name(f"{journal.name}.partial")
    with Seen() as failed:
        with journal.open("rb") as lines:
            for row in filter(None, map(_row, lines)):
                if row.get("status") == "failed":
                    failed.add(source_id(row))
        if not len(failed):
            return 0
        try:
            with journal.open("rb") as lines, partial.open("wb") as kept:
                kept.writelines(line for line in lines if (of := _row(line)) and source_id(of) not in failed)
                kept.flush()
                os.fsync(kept.fileno())
            partial.replace(journal)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(str(partial), reason, "make room, or resume without trying failed ones again") from None
        return len(failed)


def first_id(journal: Path) -> str | None:
    """The source of the first row; None where there is no whole row."""
    with journal.open("rb") as lines:
        row = _row(lines.readline())
    return None if row is None else source_id(row)


def _row(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and "id" in row else None


class Seen:
    """The sources that are done, as digests in a temporary file: a million paths in memory would be 150 MB."""

    def __init__(self) -> None:
        # No name: SQLite makes a file that is gone from its folder at once. Engines may draw from another thread.
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
            self._table.execute(f"PRAGMA {setting}")
        self._table.execute("CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID")
        self._table.execute("BEGIN")

    def add(self, source: str) -> None:
        """One that is done."""
        self._table.execute("INSERT OR IGNORE INTO seen VALUES (?)", (_digest(source),))

    def __contains__(self, source: str) -> bool:
        with closing(self._table.execute("SELECT 1 FROM seen WHERE id = ?", (_digest(source),))) as found:
            return found.fetchone() is not None

    def __len__(self) -> int:
        (count,) = self._table.execute("SELECT count(*) FROM seen").fetchone()
        return int(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()


def _digest(source: str) -> bytes:
    return blake2b(source.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
