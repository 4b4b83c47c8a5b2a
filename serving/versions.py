"""Versions of a model: the folder's own files are the first one, later ones are whole folders in its versions/.

`add` puts a prepared folder there, `use` makes a version current, which is the one that `serving.model.find` gives.
"""

import difflib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from serving import version_record
from serving.errors import InputError, IntegrityError
from serving.model import Model
from serving.version_record import Change, Made, Packed, Record

SCORES: Final = "scores.json"
ADDING: Final = ".adding-"
# A capacity belongs to all versions of a model; the rest is made by running or by later versions.
LEFT_OUT: Final = ("capacity.toml", "__pycache__", version_record.FOLDER)


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version: for the folder's own `made` is None and `parent` empty; `sha256` is its last archive's, or empty."""

    number: str
    folder: Path
    made: datetime | None
    parent: str
    current: bool
    sha256: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Score:
    """A figure with its interval."""

    value: float
    low: float
    high: float


def versions(model_folder: Path) -> tuple[Version, ...]:
    """All versions in the order in which they were made, the folder's own first; raises InputError."""
    home = _home(model_folder)
    record, first = version_record.read(home), Model.read(home).version
    current = record.current or first
    rows: list[tuple[str, Path, datetime | None, str, str]] = [(first, home, None, "", "")]
    place = version_record.place(home)
    rows += [(row.version, place / row.version, row.made, row.parent, row.note) for row in record.versions]
    return tuple(
        Version(
            number=number,
            folder=folder,
            made=made,
            parent=parent,
            current=number == current,
            sha256=record.sha256(number),
            note=note,
        )
        for number, folder, made, parent, note in rows
    )


def find(model_folder: Path, number: str) -> Version:
    """One version; raises InputError that names those there are."""
    home = _home(model_folder)
    there = {version.number: version for version in versions(home)}
    if number in there:
        return there[number]
    near = difflib.get_close_matches(number, there, 1)
    listed = f"there are {', '.join(there)}" if len(there) > 1 else f"there is {', '.join(there)}"
    thing = f"version {number} of {home.name}"
    raise InputError(thing, "no such version", f"did you mean {near[0]}? {listed}" if near else listed)


def current(model_folder: Path) -> Version:
    """The version that is served; raises InputError where the record names one that is gone."""
    home = _home(model_folder)
    return find(home, version_record.read(home).current or Model.read(home).version)


def next_number(model_folder: Path, parent: str) -> str:
    """The number for a version made from `parent`: its last figure plus one, or as many as it takes to be free."""
    place = version_record.place(_home(model_folder))
    taken = {version.number for version in versions(model_folder)}
    taken |= {path.name for path in place.iterdir()} if place.is_dir() else set()
    found = re.fullmatch(r"(.*?)(\d+)", parent, re.DOTALL)
    stem, last = (found[1], int(found[2])) if found else (f"{parent}.", 0)
    while f"{stem}{last + 1}" in taken:
        last += 1
    return f"{stem}{last + 1}"


def add(model_folder: Path, made: Path, *, parent: str, note: str) -> Version:
    """Move a prepared folder into the model's versions, with the next number in its model.toml; it is not yet current.

    Raises InputError and IntegrityError where it is not whole or not of this model, and leaves it where it is.
    """
    home = _home(model_folder)
    with version_record.alone(home):
        find(home, parent)
        number = next_number(home, parent)
        _take_in(home, made, number)
        record = version_record.read(home)
        row = Made(version=number, made=version_record.now(), parent=parent, note=note)
        _write(home, replace(record, versions=(*record.versions, row)))
    shutil.rmtree(made)
    return find(home, number)


def use(model_folder: Path, number: str, why: str) -> Version:
    """Make a version current; nothing is written where it is already. Raises InputError."""
    home = _home(model_folder)
    with version_record.alone(home):
        if not find(home, number).current:
            record = version_record.read(home)
            row = Change(version=number, made=version_record.now(), why=why)
            version_record.write(home, replace(record, current=number, changes=(*record.changes, row)))
    return find(home, number)


def built(model_folder: Path, number: str, sha256: str) -> Version:
    """Record the archive that was built of a version. Raises InputError."""
    home = _home(model_folder)
    with version_record.alone(home):
        if find(home, number).sha256 != sha256:
            record = version_record.read(home)
            row = Packed(version=number, made=version_record.now(), sha256=sha256)
            _write(home, replace(record, archives=(*record.archives, row)))
    return find(home, number)


def previous(model_folder: Path) -> str:
    """The version that was current before; one that was gone back from does not count. Raises InputError."""
    home = _home(model_folder)
    chain = [versions(home)[0].number]
    for change in version_record.read(home).changes:
        # Going back to a version undoes what came after it: else a second rollback would bring the bad one again.
        chain = chain[: chain.index(change.version)] if change.version in chain else chain
        chain.append(change.version)
    if len(chain) < 2:
        there = ", ".join(version.number for version in versions(home))
        raise InputError(f"model {home.name}", f"no version was current before {chain[0]}", f"name one of {there}")
    return chain[-2]


def macro_f1(version: Version) -> Score | None:
    """From the version's scores.json; None where it has none, or says nothing of it."""
    try:
        found: Any = json.loads((version.folder / SCORES).read_text(encoding="utf-8"))["macro_f1"]
        return Score(value=float(found["value"]), low=float(found["low"]), high=float(found["high"]))
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        return None


def _home(folder: Path) -> Path:
    """The model's own folder, also where that of a later version was given."""
    return version_record.home_of(folder) or folder


def _write(model_folder: Path, record: Record) -> None:
    """With the first version's number as the current one where nothing else ever was."""
    version_record.write(model_folder, replace(record, current=record.current or Model.read(model_folder).version))


def _take_in(home: Path, made: Path, number: str) -> None:
    """A checked copy of the prepared folder; it appears under its number only when whole."""
    place = version_record.place(home)
    for left in place.glob(f"{ADDING}*"):  # by a process that was killed: nobody else adds one now
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=ADDING, dir=place) as scratch:
        staged = Path(scratch) / home.name  # called like the model, as a model's own folder is
        try:
            shutil.copytree(made, staged, ignore=shutil.ignore_patterns(*LEFT_OUT))
            _put_number(staged / "model.toml", number)
            _check(staged, Model.read(home))
        except OSError as error:
            raise InputError(str(made), f"cannot be read ({error})", "give a prepared model folder") from None
        except (InputError, IntegrityError) as error:  # of the copy, which goes; the folder itself is to be mended
            raise type(error)(error.thing.replace(str(staged), str(made)), error.reason, error.action) from None
        staged.chmod(0o755)  # a temporary folder, as it often was, is its owner's alone
        staged.rename(place / number)


def _put_number(path: Path, number: str) -> None:
    """Write the version into model.toml; only what stands before its first table is about the model."""
    if not path.is_file():
        raise InputError(str(path), "is not there", "a version is a whole model folder")
    text = path.read_text(encoding="utf-8")
    start = found.start() if (found := re.search(r"^\[", text, re.MULTILINE)) else len(text)
    head, count = re.subn(
        r"""^(version\s*=\s*)("[^"\n]*"|'[^'\n]*')""", rf'\g<1>"{number}"', text[:start], count=1, flags=re.MULTILINE
    )
    path.write_text((head if count else f'version = "{number}"\n{head}') + text[start:], encoding="utf-8")


def _check(staged: Path, first: Model) -> None:
    """Whole, and of a kind with the model: what calls the one can call the other."""
    made = Model.read(staged)
    replace(made, weights=tuple(row for row in made.weights if row.source == "folder")).files(staged)
    if not (made.sample.is_file() and (staged / "network.py").is_file()):
        raise InputError(str(staged), "it has no network.py", "a version is a whole model folder")
    for what in ("task", "unit"):
        if getattr(made, what) != getattr(first, what):
            reason = f"{what} {getattr(made, what)!r}, and the model's is {getattr(first, what)!r}"
            raise InputError(f"version of {first.name}", reason, "a version keeps both; make a model of its own")
