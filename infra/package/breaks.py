"""What a newer schema takes away from programs that use an older one."""

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
SHAPE = ("type", "$ref", "plain", "secret")


def breaks(before: Node, after: Node) -> list[str]:
    """One line for each change after which a program might no longer compile or run; empty where none is."""
    return [line for section in ("resources", "types") for line in _section(before, after, section)]


def is_newer(before: str, after: str) -> bool:
    """Whether a version may break: its first number is higher, or, below 1.0, its second."""
    old, new = ([int(part) for part in version.split(".")[:2]] for version in (before, after))
    return new[0] > old[0] or (new[0] == old[0] == 0 and new[1] > old[1])


def _section(before: Node, after: Node, section: str) -> Iterator[str]:
    newer = after.get(section, {})
    for token, old in before.get(section, {}).items():
        if token not in newer:
            yield f"{token}: removed"
            continue
        new = newer[token]
        for kind in ("inputProperties", "properties"):
            yield from _properties(f"{token} {kind}", old.get(kind, {}), new.get(kind, {}))
        yield from _required(token, section, old, new)


def _properties(place: str, old: Node, new: Node) -> Iterator[str]:
    for name, row in old.items():
        if name not in new:
            yield f"{place}.{name}: removed"
            continue
        yield from _shape(f"{place}.{name}", row, new[name])
        if row.get("default") != new[name].get("default"):
            yield f"{place}.{name}: default {row.get('default')!r} became {new[name].get('default')!r}"


def _shape(place: str, old: Node, new: Node) -> Iterator[str]:
    for key in SHAPE:
        if old.get(key) != new.get(key):
            yield f"{place}: {key} {old.get(key)} became {new.get(key)}"
    for inside in ("items", "additionalProperties"):
        if inside in old or inside in new:
            yield from _shape(f"{place}.{inside}", old.get(inside, {}), new.get(inside, {}))


def _required(token: str, section: str, old: Node, new: Node) -> Iterator[str]:
    """A caller must give no more than before, and may rely on no less."""
    asked = "requiredInputs" if section == "resources" else "required"
    for name in sorted(set(new.get(asked, ())) - set(old.get(asked, ()))):
        yield f"{token}: {name} became required"
    if section == "resources":
        for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
            yield f"{token}: output {name} became optional"
