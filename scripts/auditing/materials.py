"""The software bill of materials (CycloneDX) of the installed environment, and whether it is whole."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError

FORMAT: Final = ("--output-format", "JSON", "--output-reproducible")
OWN: Final = "breakeven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """Where the bill lies, how many packages it names, and those whose metadata names no licence."""

    path: Path
    count: int
    unlicensed: tuple[str, ...]

    def __str__(self) -> str:
        rest = f", without a licence in their metadata: {', '.join(self.unlicensed)}" if self.unlicensed else ""
        return f"{self.count} packages with versions and licences in {self.path}{rest}"


def write_materials(tools: Path, python: Path, path: Path) -> Materials:
    """Write the bill of the environment of `python`, which runs this; raises InputError when it is not whole."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - fixed words and paths of our own
        [tools / "bin" / "cyclonedx-py", "environment", python, *FORMAT, "-o", path],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise InputError("cyclonedx-py", f"ended with {done.returncode} ({last})", f"remove {tools} and run it again")
    bill = json.loads(path.read_text(encoding="utf-8"))
    materials = complete(bill, distributions(), path)
    path.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return materials


def complete(bill: Mapping[str, Any], installed: Iterable[Distribution], path: Path) -> Materials:
    """Add the licence expressions (PEP 639) that the tool does not read yet, and hold the bill against what is there.

    Raises InputError for a package that the bill leaves out or lists in another version.
    """
    components = {_key(row["name"]): row for row in bill["components"]}
    unlicensed = []
    for distribution in sorted(installed, key=lambda found: _key(found.name)):
        if _key(distribution.name) == OWN:
            continue
        row = components.get(_key(distribution.name), {})
        if row.get("version") != distribution.version:
            reason = f"has {row.get('version', 'no entry')} for {distribution.name} {distribution.version}"
            raise InputError(str(path), reason, "remove .audit and run scripts/audit again")
        expression = _expression(distribution)
        if not row.get("licenses") and expression:
            row["licenses"] = [{"expression": expression}]
        if not row.get("licenses"):
            unlicensed.append(distribution.name)
    return Materials(path=path, count=len(components) - (OWN in components), unlicensed=tuple(unlicensed))


def _key(name: str) -> str:
    """One spelling for a name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _expression(distribution: Distribution) -> str:
    key = "License-Expression"
    return distribution.metadata[key] if key in distribution.metadata else ""  # noqa: SIM401 - its type has no get
