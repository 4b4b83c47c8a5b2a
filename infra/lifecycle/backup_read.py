"""Find backups in a place, read them, and check every byte of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.costs.errors import InputError
from infra.lifecycle.backup_manifest import DIGEST, MANIFEST, TIME, Manifest
from infra.lifecycle.backup_place import Place

SHOWN: Final = 3


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check went through."""

    backups: tuple[Manifest, ...]
    files: int
    size: int


def latest(place: Place, project: str, stack: str) -> Manifest | None:
    """The newest finished backup of a stack; None where there is none."""
    times = [made for owner, name, made in _finished(place) if (owner, name) == (project, stack)]
    return read(place, f"{project}/{stack}/{max(times)}") if times else None


def stacks(place: Place, project: str) -> frozenset[str]:
    """The stacks of a project that the place has backups of."""
    return frozenset(name for owner, name, _ in _finished(place) if owner == project)


def choose(place: Place, project: str, stack: str, at: str = "") -> Manifest:
    """The backup that is meant: the stack's, of this time or the newest. Raises InputError naming what is there.

    With an empty `stack` the only one that the place has backups of.
    """
    there = _finished(place)
    own = {name for owner, name, _ in there if owner == project}
    if not own:
        others = sorted({f"{owner}/{name}" for owner, name, _ in there})
        reason = f"it holds backups of {', '.join(others)}, none of {project}" if others else "it holds no backup"
        raise InputError(place.shown, reason, "give the place that `breakeven backup --to` wrote to")
    if not stack and len(own) > 1:
        raise InputError(place.shown, f"it holds backups of {', '.join(sorted(own))}", "add --from STACK")
    name = stack or own.pop()
    times = sorted(made for owner, found, made in there if (owner, found) == (project, name))
    if not times:
        raise InputError(place.shown, f"no backup of stack {name}", f"it has those of {', '.join(sorted(own))}")
    if at and at not in times:
        raise InputError(f"--at {at}", f"no backup of {name} at that time", f"there are {', '.join(times[-5:])}")
    return read(place, f"{project}/{name}/{at or times[-1]}")


def read(place: Place, folder: str) -> Manifest:
    """The manifest in a folder of the place; raises InputError for one that is damaged or moved."""
    shown = f"{place.shown}/{folder}/{MANIFEST}"
    stated = place.content(f"{folder}/{DIGEST}").decode(errors="replace")
    manifest = Manifest.parse(place.content(f"{folder}/{MANIFEST}"), stated, shown)
    if manifest.folder != folder:
        raise InputError(shown, f"it belongs to {manifest.folder}", "put it back there")
    return manifest


def check(place: Place) -> Checked:
    """Read every backup of a place whole. Raises InputError that counts what is missing or damaged."""
    backups = tuple(read(place, "/".join(found)) for found in _finished(place))
    if not backups:
        raise InputError(place.shown, "it holds no backup", "give the place that `breakeven backup --to` wrote to")
    wanted: dict[str, tuple[str, int]] = {}
    for manifest in backups:
        wanted |= files_of(manifest)
    refuse_damage(place, wanted)
    return Checked(backups=backups, files=len(wanted), size=sum(size for _, size in wanted.values()))


def check_one(place: Place, manifest: Manifest) -> None:
    """The same of one backup."""
    refuse_damage(place, files_of(manifest))


def files_of(manifest: Manifest) -> dict[str, tuple[str, int]]:
    """Names in the place, with the digest and the size that each must have."""
    own = {f"{manifest.folder}/{file.name}": (file.sha256, file.size) for file in manifest.files}
    return own | {row.blob: (row.sha256, row.size) for row in manifest.objects}


def refuse_damage(place: Place, wanted: Mapping[str, tuple[str, int]]) -> None:
    """Raises InputError that names the first of what is missing, cut short or changed."""
    there = place.sizes()
    damaged = []
    for name, (sha256, size) in wanted.items():
        if name not in there:
            damaged.append(f"{name} is missing")
        elif there[name] != size:
            damaged.append(f"{name} has {there[name]} bytes instead of {size}")
        elif place.digest(name) != sha256:
            damaged.append(f"{name} is changed")
    if damaged:
        more = f" and {len(damaged) - SHOWN} more" if len(damaged) > SHOWN else ""
        reason = f"{len(damaged)} of {len(wanted)} files are damaged: {', '.join(damaged[:SHOWN])}{more}"
        action = "delete what is damaged and back up again, or take another backup (--at)"
        raise InputError(place.shown, reason, action)


def _finished(place: Place) -> list[tuple[str, str, str]]:
    """Project, stack and time of every backup whose manifest was written."""
    parts = [name.split("/") for name in place.sizes()]
    return sorted((p[0], p[1], p[2]) for p in parts if len(p) == 4 and p[3] == MANIFEST and TIME.fullmatch(p[2]))
