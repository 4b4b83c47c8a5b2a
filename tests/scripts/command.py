"""The command line as a user runs it: a process of its own."""

import os
import subprocess
from pathlib import Path

from tests.scripts import forked

ROOT = Path(__file__).resolve().parents[2]


def breakeven(*arguments: str, stdin: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run one verb; output and exit code come back."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    return forked.run(*arguments, cwd=cwd, environment=environment, stdin=stdin, seconds=120)
