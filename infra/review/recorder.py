"""Runs the program of another commit, in a process of its own: that commit's folder comes first on the path.

Reads `[{"stack": NAME, "overrides": {...}}]` from standard input; writes one line of JSON for each.
It uses what every commit of this project has: `infra.record.record` and the recording's resources and region.
"""

import json
import sys
from pathlib import Path
from typing import Any


def recorded(stack: str, overrides: dict[str, Any]) -> dict[str, Any]:
    """The stack's resources, else one line that says why there are none."""
    from infra.record import record

    try:
        # The first commits take no overrides.
        found = record(stack, Path.cwd(), overrides) if overrides else record(stack, Path.cwd())
    except Exception as error:
        return {"problem": str(error).strip() or type(error).__name__}
    return {"resources": found.resources, "region": found.region}


if __name__ == "__main__":
    for asked in json.load(sys.stdin):
        sys.stdout.write(json.dumps(recorded(asked["stack"], asked["overrides"]), default=str) + "\n")
