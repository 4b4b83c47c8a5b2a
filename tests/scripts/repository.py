"""A user's git repository with stacks of this project, for what runs on commits."""

import os
import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
# No setting of the machine's own, and no hook of its owner.
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GITHUB_", "CI_"))},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "test@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


class Repository:
    """A folder under git."""

    def __init__(self, folder: Path, *stacks: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        for name in ("Pulumi.yaml", "workload.toml", *(f"Pulumi.{stack}.yaml" for stack in stacks)):
            shutil.copy(ROOT / name, folder)

    @classmethod
    def of(cls, folder: Path) -> "Repository":
        """A folder as it is."""
        found = cls.__new__(cls)
        found.folder = folder
        return found

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout.strip()

    def commit(self) -> str:
        """Everything as it is; the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "as it is")
        return self.git("rev-parse", "HEAD")

    def change(self, stack: str, **settings: object) -> None:
        """Other settings in a stack's file."""
        file = self.folder / f"Pulumi.{stack}.yaml"
        document = yaml.safe_load(file.read_text())
        document["config"] |= {f"breakeven:{key}": value for key, value in settings.items()}
        file.write_text(yaml.safe_dump(document))
