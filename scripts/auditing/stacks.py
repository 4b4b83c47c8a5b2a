"""The stacks that are audited: those of the project, and one of each entry with every optional part switched on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from infra.costs.stack import Stack
from infra.record import record, stacks

ARCHIVES: Final = {"modelArchive": "main.mar", "canaryArchive": "canary.mar", "nodeBundle": "node.tar.gz"}
OPTIONAL_PARTS: Final[Mapping[str, Mapping[str, object]]] = {
    "prod": {"egress": "endpoints", "training": True, "warmPoolSize": 1},
    "dev": {
        "accessLogs": True,
        "alarms": "all",
        "auth": "jwt",
        "budgetUsd": 500,
        "dashboard": True,
        "flowLogs": True,
        "intake": True,
        "jwtAudience": ["callers"],
        "jwtIssuer": "https://id.example.com",
        "training": True,
    },
}
"""Settings over those of a stack that add the parts it leaves out; a canary comes to each."""


def audited(folder: Path) -> Iterator[tuple[str, Stack]]:
    """Record them, each with what it is called; `folder` takes the small files that stand in for archives."""
    for name in stacks():
        yield name, record(name).as_stack()
    for name, settings in OPTIONAL_PARTS.items():
        overrides = {f"breakeven:{key}": value for key, value in {**settings, **_archives(folder)}.items()}
        yield f"{name}, every part", record(name, overrides=overrides).as_stack()


def _archives(folder: Path) -> dict[str, object]:
    for name in ARCHIVES.values():
        (folder / name).write_text(name)
    return {key: str(folder / name) for key, name in ARCHIVES.items()}
