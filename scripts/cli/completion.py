"""What a shell completes beside verbs and options: names that lie in files, read without loading what they name."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
API = re.compile(r"^\[([a-z0-9_]+)\]", re.MULTILINE)


def stacks(incomplete: str) -> list[str]:
    """Stacks by the files of the project."""
    folder = Path(os.environ.get("BREAKEVEN_PROJECT") or ROOT)
    return _of((path.name[len("Pulumi.") : -len(".yaml")] for path in folder.glob("Pulumi.*.yaml")), incomplete)


def models(incomplete: str) -> list[str]:
    """Folders of serving/models that hold a model."""
    return _of((path.parent.name for path in (ROOT / "serving" / "models").glob("*/model.toml")), incomplete)


def lines(incomplete: str) -> list[str]:
    """What `explain` unfolds: the parts of a stack, and managed APIs by their keys."""
    return _of((*_parts(), *_apis()), incomplete)


def alarms(incomplete: str) -> list[str]:
    """Alarms that have a runbook."""
    from infra import runbooks

    return _of(runbooks.read(), incomplete)


def _of(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted({name for name in names if name.startswith(incomplete)})


def _parts() -> Iterator[str]:
    """The components of the program, by the types they register."""
    for file in (ROOT / "infra" / "components").glob("*.py"):
        yield from re.findall(r'"breakeven:infra:(\w+)"', file.read_text(encoding="utf-8"))


def _apis() -> Iterator[str]:
    for file in (ROOT / "infra" / "costs" / "data" / "managed").glob("*.toml"):
        yield from API.findall(file.read_text(encoding="utf-8"))
