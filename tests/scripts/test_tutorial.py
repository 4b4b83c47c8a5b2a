"""The tutorial, read from top to bottom by somebody who does nothing but what it says."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.code_blocks import blocks
from tests.infra.engine import needs_engine
from tests.scripts.command import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
CLONE = "git clone https://github.com/OWNER/breakeven\ncd breakeven\n"
SECONDS = 1500


def commands() -> list[str]:
    """The page's blocks of commands; what they print is compared by tests/test_code_blocks.py."""
    return [block.text for block in blocks.of(PAGE) if block.language == "console"]


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """What a clone of this folder would hold, as it is now."""
    folder = tmp_path / "breakeven"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    yield folder
    shutil.rmtree(folder / ".breakeven", ignore_errors=True)  # ends what a failed run has left


def test_the_tutorial_begins_with_the_clone() -> None:
    assert commands()[0] == CLONE


@pytest.mark.engine
@pytest.mark.skipif(needs_engine[1].args[0], reason=needs_engine[1].kwargs["reason"])
def test_the_tutorial_runs_as_it_is_written(clone: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_BACKEND"))}
    # The environment is the one of these tests; setting one up from nothing is what scripts/bench/journey.py does.
    environment = {**kept, "BREAKEVEN_PYTHON": sys.executable}
    # One shell for all of it, since a later block lives in what an earlier one has exported; a failure ends it.
    done = subprocess.run(
        ["/bin/bash", "-euxo", "pipefail", "-c", "".join(commands()[1:])],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    rows = [json.loads(line) for line in (clone / "results.jsonl").read_text().splitlines()]
    assert {Path(row["id"]).name: row["label"] for row in rows} == {"1.txt": "positive", "2.txt": "negative"}
    assert "<html" in (clone / "report.html").read_text()
    assert not (clone / ".breakeven").exists()
