"""Runs a page's blocks as a reader would: one shell, from top to bottom, looking for what the page says is printed."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"^```console\n(?P<commands>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?", re.MULTILINE | re.DOTALL
)
MARK = "@@ end of block"


@dataclass(frozen=True)
class Block:
    """Commands, and lines that the page shows under them; `...` stands for lines left out."""

    commands: str
    shown: tuple[str, ...]

    def missing(self, output: str) -> list[str]:
        """Lines the page shows that did not come, in this order."""
        lines, left = output.splitlines(), []
        for line in self.shown:
            if line.strip() == "...":
                continue
            if line in lines:
                lines = lines[lines.index(line) + 1 :]
            else:
                left.append(line)
        return left


def blocks(page: Path) -> list[Block]:
    """All blocks of commands of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(one["commands"], tuple((one["shown"] or "").splitlines())) for one in found]


def run(found: list[Block], folder: Path, environment: Mapping[str, str], seconds: float) -> list[str]:
    """What each block printed, standard error with it; a command that fails ends the shell and is told."""
    program = "set -euo pipefail\n" + "".join(f"{block.commands}echo '{MARK}'\n" for block in found)
    done = subprocess.run(
        ["/bin/bash", "-c", program],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    printed = done.stdout.split(f"{MARK}\n")
    failed = found[len(printed) - 1].commands if done.returncode else ""
    assert done.returncode == 0, f"exit code {done.returncode} in\n{failed}\n{printed[-1][-5000:]}"
    return printed[:-1]
