"""The verbs of a deployed stack as a user runs them, in a project of their own, against the emulator."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.emulator import Interception, emulator
from tests.infra.engine import Engine
from tests.scripts import forked
from tests.scripts.command import ROOT

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
Done = subprocess.CompletedProcess[str]


def start(*arguments: str, project: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    """A verb that is not waited for."""
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", *arguments],
        cwd=ROOT,
        env={**environment, "BREAKEVEN_PROJECT": str(project), "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def verb(*arguments: str, project: Path, environment: dict[str, str]) -> Done:
    """A verb to its end."""
    own = {**environment, "BREAKEVEN_PROJECT": str(project), "COLUMNS": "80"}
    return forked.run(*arguments, cwd=ROOT, environment=own, seconds=400)


def one_line(done: Done) -> str:
    """What a user's mistake looks like: one line on standard error."""
    assert "Traceback" not in done.stderr + done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("breakeven: ")
    return line


class Stage:
    """The verbs with the real engine; `faults` meet the calls to the emulator."""

    def __init__(self, engine: Engine, faults: Interception | None = None) -> None:
        self.engine, self.faults = engine, faults or Interception()

    def __call__(self, *arguments: str, **environment: str) -> Done:
        return verb(*arguments, project=self.engine.project, environment={**self.engine.environment, **environment})

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """A verb that is not waited for."""
        return start(*arguments, project=self.engine.project, environment=self.engine.environment)

    def fine(self, *arguments: str) -> str:
        done = self(*arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        return done.stdout

    def create(self, stack: str, **changes: object) -> None:
        """A small stack; only the one named small has a written exception for public addresses."""
        self.engine.create(stack, like="small", **{"egress": "nat", "budgetUsd": 0, **changes})

    def totals(self, stack: str) -> dict[str, str]:
        """What `breakeven preview` says of the same settings, to the cent."""
        text = self.fine("diff", str(self.engine.project / "empty.json"), "--stack", stack, "--format", "json")
        return {case: f"{round(float(amount), 2):.2f}" for case, amount in json.loads(text)["after"].items()}


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A stage with a state and an emulator of its own."""
    faults = Interception()
    with emulator(faults) as aws:
        engine = Engine(folder, aws)
        (engine.project / "empty.json").write_text('{"steps": [], "changeSummary": {}}')
        yield Stage(engine, faults)
