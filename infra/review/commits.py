"""A project's files as they were at a commit, in a folder of their own; the repository itself is left as it is."""

import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from shutil import which
from typing import Final

from infra.costs.errors import InputError

SETTINGS: Final = ("Pulumi.yaml", "Pulumi.*.yaml", "workload.toml")
PROGRAM: Final = ("infra", "serving")
# A hook of git sets these; they would turn the commands below to another folder.
OF_HOOKS: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A commit, empty where HEAD has none yet, and the project's folder as it was then."""

    sha: str
    folder: Path

    @property
    def has_program(self) -> bool:
        """Whether the program itself lies there, not its settings alone."""
        return (self.folder / "infra" / "record.py").is_file()


@contextmanager
def at_commit(project: Path, reference: str, *, program: bool) -> Iterator[Commit]:
    """The project's settings at a commit, with `program` also its program; gone afterwards.

    Raises InputError for a folder that is in no repository and for a reference that is no commit of it.
    """
    prefix = _git(project, "rev-parse", "--show-prefix").decode().strip()
    sha = _resolved(project, reference)
    with tempfile.TemporaryDirectory(prefix="breakeven-base-") as place:
        folder = Path(place).resolve()
        paths = _paths(project, sha, prefix, program) if sha else []
        if paths:
            top = Path(_git(project, "rev-parse", "--show-toplevel").decode().strip())
            archive = _git(top, "archive", "--format=tar", sha, "--", *paths)
            with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
                packed.extractall(folder, filter="data")
        yield Commit(sha=sha, folder=folder / prefix)


def _resolved(project: Path, reference: str) -> str:
    """The commit's whole name; empty for HEAD before the first commit: then everything is new."""
    if reference.startswith("-"):
        raise InputError(f"--against {reference}", "is no commit", "give a branch, a tag or a commit's name")
    try:
        return _git(project, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}").decode().strip()
    except InputError:
        if reference == "HEAD":
            return ""
        action = "fetch it first (git fetch origin NAME), or give another"
        raise InputError(f"--against {reference}", "no commit of that name is in this repository", action) from None


def _paths(project: Path, sha: str, prefix: str, program: bool) -> Sequence[str]:
    """What of the project's own folder is wanted, from the repository's top."""
    listed = _git(project, "ls-tree", "-z", "--name-only", sha).decode().split("\0")
    wanted = [name for name in listed if any(fnmatchcase(name, pattern) for pattern in SETTINGS)]
    return [prefix + name for name in (*wanted, *(n for n in listed if program and n in PROGRAM))]


def _git(folder: Path, *arguments: str) -> bytes:
    git = which("git")
    if not git:
        raise InputError("--against", "git is not on PATH", "install it, or compare two files")
    environment = {key: value for key, value in os.environ.items() if key not in OF_HOOKS}
    command = [git, "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603 - no shell
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[0] if said else f"git {arguments[0]} failed"
        raise InputError(str(folder), reason, "run this in the project's git repository")
    return done.stdout
