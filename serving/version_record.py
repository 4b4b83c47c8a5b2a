"""The record of a model's versions: versions/versions.toml in the model's folder, read and written whole.

Rows are only ever added: which versions were made, which archives were built of them, which was current when.
"""

import json
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from serving.errors import InputError, refuse_newer

FOLDER: Final = "versions"
FILE: Final = "versions.toml"
FORMAT: Final = 1
HEAD: Final = "# Kept by breakeven: which versions there are, what was built of them, which was current when.\n"
NAMES: Final = {"parent": "from"}  # `from` is a word of Python's own
Row = TypeVar("Row", "Made", "Packed", "Change")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A version that was added."""

    version: str
    made: datetime
    parent: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Packed:
    """An archive that was built of a version."""

    version: str
    made: datetime
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """A version that became current."""

    version: str
    made: datetime
    why: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """The whole file; `current` is empty where the model's own folder always was."""

    current: str = ""
    versions: tuple[Made, ...] = ()
    archives: tuple[Packed, ...] = ()
    changes: tuple[Change, ...] = ()

    def sha256(self, version: str) -> str:
        """That of the archive last built of a version; empty where none was."""
        return next((row.sha256 for row in reversed(self.archives) if row.version == version), "")


def place(home: Path) -> Path:
    """Where a model's later versions lie."""
    return home / FOLDER


def home_of(folder: Path) -> Path | None:
    """The model's folder of a version's; None where the folder is no version's."""
    whole = folder.absolute()
    home = whole.parent.parent
    return home if whole.parent.name == FOLDER and (home / "model.toml").is_file() else None


def read(home: Path) -> Record:
    """The record of a model's folder, empty where there is none; raises InputError for one that cannot be read."""
    path = place(home) / FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(str(path), str(error).splitlines()[0], "mend it, or restore it from git") from None
    refuse_newer(str(path), data.get("format", FORMAT), FORMAT)
    try:
        return Record(
            current=str(data["current"]),
            versions=_rows(Made, data.get("version", [])),
            archives=_rows(Packed, data.get("archive", [])),
            changes=_rows(Change, data.get("change", [])),
        )
    except (KeyError, TypeError, AttributeError) as error:
        reason = f"a key is missing or of another kind ({error})"
        raise InputError(str(path), reason, "mend it, or restore it from git") from None


def write(home: Path, record: Record) -> None:
    """Put the record in the place of the one before; whoever reads sees the one or the other."""
    path = place(home) / FILE
    tables: list[tuple[str, tuple[Made | Packed | Change, ...]]] = [
        ("version", record.versions),
        ("archive", record.archives),
        ("change", record.changes),
    ]
    text = HEAD + f"format = {FORMAT}\ncurrent = {_value(record.current)}\n"
    text += "".join(_table(name, row) for name, rows in tables for row in rows)
    path.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{FILE}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One process at a time changes a model's versions; the lock is the folder itself and goes with the process."""
    import fcntl

    if not home.is_dir():
        raise InputError(str(home), "no such folder", "give a model's folder")
    place(home).mkdir(exist_ok=True)
    handle = os.open(place(home), os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def now() -> datetime:
    """This second, UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def _rows(kind: type[Row], rows: list[Mapping[str, Any]]) -> tuple[Row, ...]:
    found = []
    for row in rows:
        values = {field.name: row[NAMES.get(field.name, field.name)] for field in fields(kind)}
        if not isinstance(values["made"], datetime) or not all(
            isinstance(v, str) for k, v in values.items() if k != "made"
        ):
            raise TypeError(f"of {row.get('version', '?')}")
        found.append(kind(**values))
    return tuple(found)


def _table(name: str, row: Made | Packed | Change) -> str:
    lines = [f"{NAMES.get(f.name, f.name)} = {_value(getattr(row, f.name))}" for f in fields(row)]
    return "\n".join(["", f"[[{name}]]", *lines, ""])


def _value(value: str | datetime) -> str:
    """A date-time in UTC, or a basic string: JSON's escapes are TOML's, but for DEL, which TOML wants escaped, too."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    text = value.encode("utf-8", "replace").decode()
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
