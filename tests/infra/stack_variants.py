"""Recordings of the committed stacks and of trial stacks, each made once."""

import atexit
import functools
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from infra.record import ROOT, Recording, record

Row = dict[str, Any]


def trial_project(folder: Path, **changes: object) -> Path:
    """A project folder whose only stack, `trial`, has the defaults and these changes."""
    (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    config = {"aws:region": "eu-west-1", **{f"breakeven:{key}": value for key, value in changes.items()}}
    (folder / "Pulumi.trial.yaml").write_text(yaml.safe_dump({"config": config}))
    return folder


@functools.cache
def committed(stack: str) -> Recording:
    """A stack of the project."""
    return record(stack)


def trial(**changes: object) -> Recording:
    """A stack of the defaults with these changes."""
    return _trial(json.dumps(changes, sort_keys=True))


@functools.cache
def _archives() -> Path:
    """A folder with two archives and a bundle of a few bytes; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="archives-"))
    atexit.register(shutil.rmtree, folder)
    for name in ("main.mar", "canary.mar", "node.tar.gz"):
        (folder / name).write_bytes(name.encode())
    return folder


def archive_path(name: str) -> str:
    """One of the files that a canary's trial stack is given: main, canary or node."""
    (path,) = _archives().glob(f"{name}.*")
    return str(path)


def archive_digest(name: str) -> str:
    """SHA-256 of such a file."""
    return hashlib.sha256(Path(archive_path(name)).read_bytes()).hexdigest()


def canary(**changes: object) -> Recording:
    """A stack of the defaults with a canary and these changes."""
    files = {"modelArchive": "main", "canaryArchive": "canary", "nodeBundle": "node"}
    return trial(**{**{key: archive_path(name) for key, name in files.items()}, **changes})


@functools.cache
def _trial(changes: str) -> Recording:
    with tempfile.TemporaryDirectory() as folder:
        return record("trial", trial_project(Path(folder), **json.loads(changes)))


def of_type(recording: Recording, type_: str) -> list[Row]:
    """Resources of a type, which may be given without its package: `ec2/vpc:Vpc`."""
    return [row for row in recording.resources if row["type"] == f"aws:{type_}"]


def only(recording: Recording, type_: str) -> Row:
    """The inputs of the only resource of a type."""
    (row,) = of_type(recording, type_)
    inputs: Row = row["inputs"]
    return inputs


def named(recording: Recording, type_: str, name: str) -> Row:
    """The inputs of the resource of a type with this name."""
    (row,) = [row for row in of_type(recording, type_) if row["urn"].endswith(f"::{name}")]
    inputs: Row = row["inputs"]
    return inputs


# Every way of building a network and what stands in it, by name.
VARIANTS = {
    "small": lambda: committed("small"),
    "dev": lambda: committed("dev"),
    "prod": lambda: committed("prod"),
    "endpoints": lambda: trial(egress="endpoints", intake=True, flowLogs=True),
    "zero": lambda: trial(minSize=0, scaleToZero=True, intake=True),
    "canary": lambda: canary(intake=True),
    "training": lambda: trial(training=True),
    "training behind endpoints": lambda: trial(training=True, egress="endpoints"),
}
