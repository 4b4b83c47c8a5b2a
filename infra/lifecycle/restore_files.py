"""What a restore puts on this machine: the stack's file, the workload, and archives that are not here any more.

Archives are written to `model_store/` under their digest and nowhere else: a backup may come from anywhere, so no path
in it is followed.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra import stack_file
from infra.costs.errors import InputError
from infra.lifecycle.backup_manifest import PROJECT_FILE, STATE, WORKLOAD, Manifest, StoredObject
from infra.lifecycle.backup_place import Place
from infra.lifecycle.workspace import Row, check_owner
from infra.record import REGION, ROOT, StackConfig, read_config, stacks
from serving.digest import sha256_of

OBJECT: Final = "aws:s3/bucketObjectv2:BucketObjectv2"
STORE: Final = "model_store"
# Setting, the resource that uploads what it names, and the ending of its file.
PINNED: Final = (
    ("modelArchive", "archive", ".mar"),
    ("nodeBundle", "bundle", ".tar.gz"),
    ("canaryArchive", "canary-archive", ".mar"),
)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A backup whose small files lie in `folder`; `config` is the stack's as it was, `state` the engine's export."""

    place: Place
    manifest: Manifest
    folder: Path
    config: StackConfig
    state: Mapping[str, Any]

    @classmethod
    def open(cls, place: Place, manifest: Manifest, folder: Path) -> "Opened":
        """Fetch the small files; raises InputError for a state of another stack or one without settings."""
        for file in manifest.files:
            place.fetch(f"{manifest.folder}/{file.name}", folder / file.name)
        config = read_config(manifest.stack, folder)
        state = _state(folder / STATE, f"{place.shown}/{manifest.folder}/{STATE}")
        found = cls(place=place, manifest=manifest, folder=folder, config=config, state=state)
        for row in found.rows:
            check_owner(config, str(row.get("urn", "")))
        return found

    @property
    def rows(self) -> tuple[Row, ...]:
        """The resources of the state."""
        return tuple(row for row in self.state.get("resources") or () if not row.get("delete"))

    def archive(self, resource: str) -> str:
        """The SHA-256 of what a resource of the state had uploaded, empty where there is none."""
        for row in self.rows:
            if row.get("type") == OBJECT and str(row["urn"]).endswith(f"::{resource}"):
                inputs = row.get("inputs")
                return str(inputs.get("sourceHash", "")) if isinstance(inputs, Mapping) else ""
        return ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The stack's file of the target: there, or still to be `written`; its region."""

    file: Path
    written: bool
    region: str


@dataclass(frozen=True, kw_only=True)
class Absent:
    """An archive that the settings name and that is not on this machine as it was."""

    setting: str
    stored: StoredObject
    path: Path


def settings_of(project: Path, target: str, opened: Opened, region: str, *, keep: bool) -> Settings:
    """What is to be done about the stack's file. Raises InputError where one is there that says something else."""
    file = project / f"Pulumi.{target}.yaml"
    same_stack = target == opened.manifest.stack
    if same_stack and region not in ("", opened.manifest.region):
        reason = f"stack {target} is in {opened.manifest.region}"
        raise InputError(f"--region {region}", reason, "give the stack there another name: --stack NEW")
    if target not in stacks(project):
        return Settings(file=file, written=True, region=region or opened.manifest.region)
    config = read_config(target, project)
    if region not in ("", config.region):
        raise InputError(file.name, f"it says {config.region}, not {region}", "change aws:region there")
    if same_stack and not keep:
        _refuse_other(file, _differing(opened.config, config))
    return Settings(file=file, written=False, region=config.region)


def absent(opened: Opened, project: Path, settings: Settings) -> tuple[Absent, ...]:
    """The archives that have to be put on this machine before the program can run."""
    return tuple(_absent(opened, project, settings))


def write(opened: Opened, project: Path, settings: Settings, missing: tuple[Absent, ...]) -> None:
    """Write the stack's file, the workload where there is none, and the archives with the settings that name them."""
    source = opened.folder / opened.manifest.settings_file
    if settings.written:
        shutil.copyfile(source, settings.file)
        if settings.region != opened.manifest.region:
            namespace, _, key = REGION.partition(":")
            stack_file.change(settings.file, namespace, {key: settings.region})
    if (opened.folder / WORKLOAD).is_file() and not (project / WORKLOAD).exists():
        shutil.copyfile(opened.folder / WORKLOAD, project / WORKLOAD)
    for row in missing:
        row.path.parent.mkdir(exist_ok=True)
        making = row.path.with_name(f".{row.path.name}.making")
        opened.place.fetch(row.stored.blob, making)
        making.replace(row.path)
    if missing:
        stack_file.change(settings.file, opened.manifest.project, {row.setting: _named(row.path) for row in missing})


def differs_in_defaults(opened: Opened, project: Path) -> bool:
    """Whether Pulumi.yaml is not the one of the backup: defaults may have changed since."""
    own = opened.folder / PROJECT_FILE
    return own.is_file() and own.read_bytes() != (project / PROJECT_FILE).read_bytes()


def naming(file: Path, region: str) -> tuple[str, ...]:
    """The lines of a stack's file that still name a region, without their comments."""
    lines = (line.split("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if region in line)


def project_name(project: Path) -> str:
    """The name in Pulumi.yaml; raises InputError where there is none."""
    import yaml

    try:
        found = yaml.safe_load((project / PROJECT_FILE).read_text(encoding="utf-8"))["name"]
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        raise InputError(str(project / PROJECT_FILE), "it names no project", "give the project's folder") from None
    return str(found)


def _absent(opened: Opened, project: Path, settings: Settings) -> Iterator[Absent]:
    name = opened.manifest.project
    now = None if settings.written else read_config(settings.file.name.split(".")[1], project)
    for setting, resource, ending in PINNED:
        named = opened.config.values.get(f"{name}:{setting}")
        path = named if isinstance(named, str) else ""
        sha256 = opened.archive(resource)
        changed = now is not None and now.values.get(f"{name}:{setting}") != path
        if not path or not sha256 or changed or _is_here(ROOT / path, sha256):
            continue
        stored = next((row for row in opened.manifest.objects if row.sha256 == sha256), None)
        if stored is None:
            reason = f"{path} is not here as it was deployed, and the backup lacks it"
            raise InputError(setting, reason, "build it again, or take an earlier backup (--at)")
        yield Absent(setting=setting, stored=stored, path=project / STORE / f"{sha256[:12]}{ending}")


def _is_here(path: Path, sha256: str) -> bool:
    try:
        return path.is_file() and sha256_of(path) == sha256
    except (OSError, ValueError):  # a name that no file can have
        return False


def _named(path: Path) -> str:
    """As a setting: from the program's root where it lies below that."""
    found = path.resolve()
    return found.relative_to(ROOT).as_posix() if found.is_relative_to(ROOT) else str(found)


def _differing(old: StackConfig, new: StackConfig) -> list[str]:
    """Settings that say something else; where an archive lies is no matter, a restore may have moved it."""
    moved = {f"{old.project}:{setting}" for setting, _, _ in PINNED}
    keys = sorted(set(old.values) | set(new.values))
    return [key for key in keys if key not in moved and old.values.get(key) != new.values.get(key)]


def _refuse_other(file: Path, keys: list[str]) -> None:
    if keys:
        more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
        reason = f"it differs from the backup in {', '.join(keys[:3])}{more}"
        raise InputError(file.name, reason, "move it away, or add --keep-settings")


def _state(path: Path, shown: str) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["deployment"]
        rows = found.get("resources") or []
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return dict(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise InputError(shown, "it is no export of a state", "take another backup (--at)")
