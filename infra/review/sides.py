"""The stacks of a project on one side of a change: its files now, or as they were at a commit."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from infra.costs.errors import CostError, InputError
from infra.costs.readers import stack_from_rows
from infra.costs.stack import Stack
from infra.record import StackConfig, read_config, record, stacks
from infra.review.commits import Commit

# Built elsewhere and in no repository; what they weigh changes neither bill nor rules.
FILES: Final = ("modelArchive", "nodeBundle", "canaryArchive")
RECORDER: Final = Path(__file__).with_name("recorder.py")


@dataclass(frozen=True, kw_only=True)
class Side:
    """Where the settings lie, the stacks by name, and for each that could not be read one line that says why."""

    folder: Path
    stacks: Mapping[str, Stack]
    problems: Mapping[str, str]

    def names(self) -> set[str]:
        """Every stack of this side."""
        return {*self.stacks, *self.problems}


def head(project: Path, wanted: Sequence[str]) -> Side:
    """The stacks as the files say now; all of them where none is named. Raises InputError for an unknown one."""
    names = wanted or stacks(project)
    if not names:
        raise InputError(str(project), "holds no Pulumi.<stack>.yaml", "give the project's folder")
    with _stand_ins() as place:
        return _side(project, names, lambda name, config: _own(name, project, _overrides(config, place)))


def of_commit(commit: Commit, wanted: Sequence[str]) -> Side:
    """The stacks as they were, by the program as it was where it lies there; a stack that was not is left out."""
    names = [name for name in stacks(commit.folder) if not wanted or name in wanted]
    with _stand_ins() as place:
        if not commit.has_program:
            own = commit.folder
            return _side(own, names, lambda name, config: _own(name, own, _overrides(config, place)))
        asked, problems = _asked(commit.folder, names, place)
        answers = _run(commit.folder, asked)
        found = {one["stack"]: answer for one, answer in zip(asked, answers, strict=True)}
    problems |= {name: str(answer["problem"]) for name, answer in found.items() if "problem" in answer}
    read = {
        name: stack_from_rows(answer["resources"], name, f"stack {name}", answer["region"])
        for name, answer in found.items()
        if "problem" not in answer
    }
    return Side(folder=commit.folder, stacks=read, problems=problems)


def _side(folder: Path, names: Sequence[str], read: Any) -> Side:
    found: dict[str, Stack] = {}
    problems: dict[str, str] = {}
    known = stacks(folder)
    for name in names:
        if name not in known:
            read_config(name, folder)  # says which there are
        try:
            found[name] = read(name, read_config(name, folder))
        except CostError as error:
            problems[name] = str(error)
    return Side(folder=folder, stacks=found, problems=problems)


def _own(name: str, folder: Path, overrides: Mapping[str, object]) -> Stack:
    return record(name, folder, overrides).as_stack()


def _asked(folder: Path, names: Sequence[str], place: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    asked, problems = [], {}
    for name in names:
        try:
            asked.append({"stack": name, "overrides": _overrides(read_config(name, folder), place)})
        except CostError as error:
            problems[name] = str(error)
    return asked, problems


def _run(folder: Path, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the program in a folder says, in a process that finds that folder first."""
    if not asked:
        return []
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-P", str(RECORDER)]
    done = subprocess.run(  # noqa: S603 - this interpreter and a file of this package
        command, cwd=folder, env=environment, input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(asked):
        reason = (done.stderr.strip().splitlines() or ["it ended early"])[-1]
        return [{"problem": f"the program failed ({reason})"}] * len(asked)
    return [json.loads(line) for line in lines]


def _overrides(config: StackConfig, place: Path) -> dict[str, object]:
    """Files in the place of those that the settings name."""
    keys = [f"{config.project}:{name}" for name in FILES]
    return {key: str(place / key.rpartition(":")[2]) for key in keys if config.values.get(key)}


@contextmanager
def _stand_ins() -> Iterator[Path]:
    with TemporaryDirectory(prefix="breakeven-files-") as folder:
        for name in FILES:
            (Path(folder) / name).write_bytes(b"")
        yield Path(folder)
