"""Every setting of a stack: Pulumi.yaml's declaration, and the limits that the typed settings have."""

from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from typing import Any, Final

import yaml

from infra.record import ROOT, declared
from infra.settings import GROUPS, camel, fields_by_key
from scripts.docs.tables import code, head, joined, table

ABOUT: Final = """\
Settings stand in a stack's file as `breakeven:KEY`; [Pulumi.yaml](../../Pulumi.yaml) declares them. What settings must
hold together (`infra/settings_rules.py`) is said in one line when a stack is previewed."""


def page() -> str:
    """The text of docs/reference/settings.md."""
    rules, types = fields_by_key(), dict(_kinds())
    lines = head("Settings", ABOUT)
    for group, keys in _groups().items():
        lines += [f"## {group}", ""]
        rows = (
            (code(key), types[key], _default(row), _limits(rules.get(key)), row["description"]) for key, row in keys
        )
        lines += table(("setting", "type", "default", "limits", "meaning"), rows)
    return joined(lines)


def rows() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Settings without their namespace, as declared."""
    for key, row in declared(ROOT)[1].items():
        yield key.partition(":")[2], row


def _groups() -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Settings by the typed group that holds them."""
    groups: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    of_key = {camel(one.name): kind for kind in GROUPS.values() for one in fields(kind)}
    for key, row in rows():
        kind = of_key.get(key)
        title = str(kind.__name__).removesuffix("Settings") if kind else "Stack"
        groups.setdefault(title, []).append((key, row))
    return groups


def _kinds() -> Iterator[tuple[str, str]]:
    for key, row in rows():
        items = row.get("items", {}).get("type", "")
        yield key, f"{row['type']} of {items}" if items else str(row["type"])


def _default(row: Mapping[str, Any]) -> str:
    return code(yaml.safe_dump(row["default"], default_flow_style=True).removesuffix("...\n").strip())


def _limits(rule: "Field[Any] | None") -> str:
    found = rule.metadata if rule else {}
    if "choices" in found:
        return " or ".join(map(code, map(str, found["choices"])))
    if "minimum" in found:
        return f"{found['minimum']:,} to {found['maximum']:,}"
    return f"like {code(found['example'])}" if "example" in found else ""
