"""Write a backup of a stack: its state as the engine encrypts it, its settings, its archives and its results."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from infra.costs.errors import InputError
from infra.lifecycle import backup_manifest as names
from infra.lifecycle.aws import Account, told
from infra.lifecycle.backup_manifest import File, Manifest
from infra.lifecycle.backup_place import Bucket, Place
from infra.lifecycle.backup_taking import take
from infra.lifecycle.data import BUCKET
from infra.lifecycle.engine import Say, run
from infra.lifecycle.errors import NotDeployedError
from infra.lifecycle.workspace import Deployed, Workspace
from serving.digest import beside, note, sha256_of


@dataclass(frozen=True, kw_only=True)
class Made:
    """A finished backup, and how much of it was new in its place."""

    manifest: Manifest
    new: int
    new_bytes: int


def back_up(workspace: Workspace, account: Account, place: Place, say: Say, *, uploads: bool) -> Made:
    """Write one backup; running it again after a failure goes on where it ended. Raises CostError."""
    deployed = workspace.deployed()
    if deployed.is_empty:
        raise NotDeployedError(f"stack {workspace.name}", "nothing is deployed", "run `breakeven up` first")
    _refuse_own_bucket(place, deployed)
    manifest = _head(workspace, account, deployed, uploads=uploads)
    with place.scratch() as scratch:
        # Before the objects: what the state names is in the bucket when the bucket is read afterwards.
        files = tuple(_files(workspace, manifest, place, scratch))
        taking = take(account, place, deployed, manifest, scratch, say)
        rows = sorted(taking.taken, key=lambda row: (row.part, row.key))
        manifest = replace(manifest, files=files, objects=tuple(rows))
        _finish(place, manifest, scratch)
    taking.end()
    return Made(manifest=manifest, new=taking.new, new_bytes=taking.new_bytes)


def _refuse_own_bucket(place: Place, deployed: Deployed) -> None:
    if isinstance(place, Bucket) and place.bucket in deployed.ids(BUCKET):
        raise InputError(place.shown, "it is a bucket of the stack itself", "take one that does not go with it")


def _head(workspace: Workspace, account: Account, deployed: Deployed, *, uploads: bool) -> Manifest:
    with told("AWS account"):
        caller = str(account.client("sts").get_caller_identity()["Account"])
    return Manifest(
        project=workspace.config.project,
        stack=workspace.name,
        region=workspace.config.region,
        account=caller,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ"),
        resources=sum(1 for row in deployed.rows if row.get("custom")),
        pending=deployed.pending,
        uploads=uploads,
        versions={
            "breakeven": metadata.version("breakeven"),
            "pulumi": str(workspace.stack.workspace.pulumi_command.version),
            "python": platform.python_version(),
        },
        files=(),
        objects=(),
    )


def _files(workspace: Workspace, manifest: Manifest, place: Place, scratch: Path) -> Iterator[File]:
    """The state as the engine exports it, and what stands beside the program."""
    state = scratch / names.STATE
    _export(workspace, state)
    yield _kept(place, manifest, state)
    for name in (names.PROJECT_FILE, manifest.settings_file, names.WORKLOAD):
        source = workspace.project / name
        if source.is_file():
            copy = scratch / name
            copy.write_bytes(source.read_bytes())
            yield _kept(place, manifest, copy)


def _kept(place: Place, manifest: Manifest, path: Path) -> File:
    file = File(name=path.name, sha256=sha256_of(path), size=path.stat().st_size)
    place.put(f"{manifest.folder}/{path.name}", path)
    return file


def _export(workspace: Workspace, path: Path) -> None:
    """The Automation API's own export decrypts the secrets, so the command is run without it."""
    stack, local = workspace.stack, workspace.stack.workspace
    arguments = ["stack", "export", "--stack", stack.name, "--file", str(path)]
    path.touch(mode=0o600)
    run(stack, lambda: local.pulumi_command.run(arguments, str(workspace.project), dict(local.env_vars)))


def _finish(place: Place, manifest: Manifest, scratch: Path) -> None:
    """The manifest comes last: without it there is no backup."""
    path = scratch / names.MANIFEST
    path.write_bytes(manifest.dumped())
    note(path, sha256_of(path))
    place.put(f"{manifest.folder}/{names.DIGEST}", beside(path))
    place.put(f"{manifest.folder}/{names.MANIFEST}", path)
