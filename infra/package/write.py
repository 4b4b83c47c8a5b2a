"""Writes schema.json anew: `python -m infra.package.write`; what would break callers needs a higher version."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from infra.package.breaks import breaks, is_newer
from infra.package.declared import schema

FILE: Final = Path(__file__).with_name("schema.json")


def text_of(found: dict[str, Any]) -> str:
    """The file's form: sorted keys, so that a difference shows what changed."""
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(file: Path, found: dict[str, Any]) -> list[str]:
    """Write the schema, unless it breaks what the file says under the same version; returns what breaks then."""
    if file.is_file():
        before = json.loads(file.read_text(encoding="utf-8"))
        broken = breaks(before, found)
        if broken and not is_newer(before["version"], found["version"]):
            return broken
    file.write_text(text_of(found), encoding="utf-8")
    return []


if __name__ == "__main__":
    broken = write(FILE, schema())
    if broken:
        sys.exit("\n".join([*broken, "schema.json: not written; raise VERSION in infra/package/declared.py first"]))
