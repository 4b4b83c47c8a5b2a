"""A sandbox's folder, `.breakeven/sandbox/<stack>` in the project: engine state, settings, logs, and who runs."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from infra.costs.errors import InputError

WORK: Final = "breakeven-node-"
"""How the names of work folders begin, which lie where the system has its temporary files."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """The background process: its id, when it was started (seconds since 1970), and its two addresses.

    `work` is the folder in which the model server writes, `node` the id of its process, 0 where none runs.
    """

    pid: int
    started: float
    aws: str
    entry: str
    work: str
    node: int = 0
    node_started: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """One stack's sandbox."""

    project: Path
    stack: str

    @property
    def folder(self) -> Path:
        """All that the sandbox writes."""
        return self.project / ".breakeven" / "sandbox" / self.stack

    @property
    def view(self) -> Path:
        """The project as the engine sees it: linked, but for the stack's own settings file."""
        return self.folder / "project"

    @property
    def state(self) -> Path:
        """The engine's state backend."""
        return self.folder / "state"

    @property
    def log(self) -> Path:
        """What the background process and the model server say."""
        return self.folder / "log"

    @property
    def is_there(self) -> bool:
        """Whether there is a sandbox, running or lost."""
        return self.folder.is_dir()

    @property
    def holds_stack(self) -> bool:
        """Whether the engine has put resources into its state."""
        files = self.state.glob(f".pulumi/stacks/*/{self.stack}.json")
        return any('"id":' in file.read_text(encoding="utf-8", errors="replace") for file in files)

    def make(self) -> None:
        """Make the folders; raises InputError where that is not possible."""
        try:
            for folder in (self.view, self.state):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(str(self.folder), f"cannot be made ({error.strerror})", "free the way to it") from error

    def remove(self) -> None:
        """Delete the sandbox, and the folders above it that are empty then."""
        found = self.running()
        if found is not None and Path(found.work).name.startswith(WORK):
            shutil.rmtree(found.work, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.folder.parent, self.folder.parent.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def running(self) -> Running | None:
        """What was recorded of the background process, whether or not it still runs."""
        try:
            found: Mapping[str, object] = json.loads(self._record.read_text(encoding="utf-8"))
            return Running(**found)  # type: ignore[arg-type]
        except (OSError, ValueError, TypeError):
            return None

    def write(self, running: Running) -> None:
        """Record the background process, at once or not at all."""
        partial = self._record.with_suffix(".part")
        partial.write_text(json.dumps(asdict(running)), encoding="utf-8")
        partial.replace(self._record)

    @property
    def _record(self) -> Path:
        return self.folder / "running.json"
