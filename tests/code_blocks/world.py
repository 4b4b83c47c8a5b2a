"""A copy of the project, as a reader has it who follows a page, with the files that the pages name."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.code_blocks import files
from tests.code_blocks.blocks import ROOT, Block
from tests.scripts.forked import Loaded
from tests.scripts.repository import Repository

LEFT_OUT = shutil.ignore_patterns("__pycache__", "versions")
PARTS = ("infra", "scripts", "serving", "docs")
SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a command ended with."""

    code: int
    out: str
    error: str


class World:
    """The copy, under git with all of it on `main`, and a process that runs verbs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part, ignore=LEFT_OUT, symlinks=True)
        for file in ROOT.iterdir():
            if file.is_file():
                shutil.copy(file, folder)
        (folder / ".venv").symlink_to(sys.prefix)  # where Pulumi looks for it
        repository = Repository(folder)
        repository.commit()
        self.repository = repository
        home = folder.parent / "home"
        home.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BREAKEVEN_"))}
        self.environment = {
            **kept,
            "PYTHONPATH": str(folder),
            "COLUMNS": "80",
            "HOME": str(home),
        }
        self._loaded = Loaded(folder, self.environment)

    def close(self) -> None:
        """End the process."""
        self._loaded.close()

    def restore(self) -> None:
        """The copy as it was, without what commands have left in it."""
        self.repository.git("checkout", "--quiet", ".")
        self.repository.git("clean", "--quiet", "-fd")

    def put(self, block: Block) -> None:
        """The file that a block says it is."""
        path = self.folder / block.marks["file"]
        path.write_text(block.text, encoding="utf-8")

    def verb(self, *arguments: str, stdin: str = "", **environment: str) -> Done:
        """Run a verb."""
        for word in arguments:
            files.make(self.folder, word)
        own = {**self.environment, **environment}
        done = self._loaded.run(*arguments, cwd=self.folder, environment=own, stdin=stdin, seconds=SECONDS)
        return Done(code=done.returncode, out=done.stdout, error=done.stderr)
