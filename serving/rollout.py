"""Archives of a model's versions in the store: each under its number, and a copy of the current one where stacks look.

`MODEL-VERSION.mar` stays as it was built; `MODEL.mar` is what a stack names that follows the current version.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from serving import packed, versions
from serving.archive import STORE, ready
from serving.digest import note, sha256_of
from serving.errors import IntegrityError
from serving.model import Model
from serving.versions import Version

Say = Callable[[str], None]


def served(model: str, store: Path = STORE) -> Path:
    """Where the current version's archive lies."""
    return store / f"{model}.mar"


def kept(model: str, number: str, store: Path = STORE) -> Path:
    """Where a version's own archive lies."""
    return store / f"{model}-{number}.mar"


def version_in(path: Path, model: str) -> str:
    """The version that an archive holds; empty where it is no archive, or one of another model."""
    try:
        said = packed.about(path)
    except IntegrityError:
        return ""
    return str(said.get("version", "")) if said.get("name") == model else ""


def archive_of(
    home: Path, number: str, say: Say, store: Path = STORE, *, compiled: bool = True, as_before: bool = False
) -> Path:
    """A version's archive in the store, built where it must be, its SHA-256 in the model's record.

    `as_before`: the bytes that were served are wanted, even where our code has changed since they were built.
    Raises InputError, IntegrityError, ServingError.
    """
    version, path = versions.find(home, number), kept(home.name, number, store)
    if as_before and version.sha256 and path.is_file():
        if sha256_of(path) == version.sha256:
            return path
        path.unlink()  # not what was recorded, whatever it says of itself
    ready(Model.read(version.folder), say, target=path, compiled=compiled)
    sha256 = sha256_of(path)
    if as_before and version.sha256 not in ("", sha256):
        say(f"Not the bytes of before ({version.sha256[:12]}..): our code, torch or this machine is another.")
    versions.built(home, number, sha256)
    return path


def put(home: Path, number: str, archive: Path, why: str, store: Path = STORE) -> Version:
    """Make a version current, with this archive of it where stacks look. Raises InputError."""
    versions.find(home, number)
    _keep(home, number, store)
    sha256 = sha256_of(archive)
    _copy(archive, served(home.name, store), sha256)
    versions.built(home, number, sha256)
    return versions.use(home, number, why)


def _keep(home: Path, coming: str, store: Path) -> None:
    """Lay what is served beside, under its own number: whatever comes in its place, these bytes can come back."""
    path = served(home.name, store)
    number = version_in(path, home.name)
    if number == coming or number not in {version.number for version in versions.versions(home)}:
        return
    sha256, beside = sha256_of(path), kept(home.name, number, store)
    if not (beside.is_file() and sha256_of(beside) == sha256):
        _copy(path, beside, sha256)
    versions.built(home, number, sha256)


def _copy(source: Path, target: Path, sha256: str) -> None:
    """A copy with its note; it appears only when whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="archive-", dir=target.parent) as scratch:
        made = Path(shutil.copyfile(source, Path(scratch) / target.name))
        made.replace(target)
    note(target, sha256)
