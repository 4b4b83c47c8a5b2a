"""The real Pulumi engine on copies of the project whose stacks point at the emulator."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROVIDER_SETTINGS = {
    "aws:skipCredentialsValidation": "true",
    "aws:skipMetadataApiCheck": "true",
    "aws:s3UsePathStyle": "true",
    # Otherwise an API that the emulator lacks is asked again for ten minutes.
    "aws:maxRetries": "2",
}
TIMEOUT_SECONDS = 900


def missing() -> str:
    """What is not on this machine, for the reason of a skip; empty where everything is there."""
    absent = [name for name in ("pulumi", "pulumi-language-python") if not shutil.which(name)]
    if not (os.environ.get("TF_AWS_PROVIDER") or shutil.which("pulumi-resource-aws")):
        absent.append("an AWS provider (pulumi-resource-aws or TF_AWS_PROVIDER)")
    return ", ".join(absent)


needs_engine = [
    pytest.mark.engine,
    pytest.mark.skipif(bool(missing()), reason=f"no Pulumi engine here: {missing()} not on PATH"),
]


class Engine:
    """The pulumi command in a folder of its own: project, stacks and state."""

    def __init__(self, folder: Path, aws: Mapping[str, str]) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        self.state = folder / "state"
        self.state.mkdir()
        for name in ("infra", "serving"):
            (self.project / name).symlink_to(ROOT / name)
        (self.project / ".venv").symlink_to(sys.prefix)
        shutil.copy(ROOT / "Pulumi.yaml", self.project)
        self.environment = {
            **os.environ,
            **aws,
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE": "for the tests",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def create(self, stack: str, like: str | None = None, **changes: object) -> None:
        """A new stack with the settings of one of this project's, and these changes."""
        document = yaml.safe_load((ROOT / f"Pulumi.{like or stack}.yaml").read_text())
        document["config"] |= PROVIDER_SETTINGS
        self._settings(stack).write_text(yaml.safe_dump(document))
        self.change(stack, **changes)
        self("stack", "init", stack)

    def change(self, stack: str, **changes: object) -> None:
        """Write other settings; they hold from the next command on."""
        document = yaml.safe_load(self._settings(stack).read_text())
        document["config"] |= {f"breakeven:{key}": value for key, value in changes.items()}
        self._settings(stack).write_text(yaml.safe_dump(document))

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """A command that is not waited for."""
        return subprocess.Popen(
            [shutil.which("pulumi") or "pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.project,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def attempt(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A command that may fail."""
        process = self.start(*arguments, **environment)
        try:
            output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def __call__(self, *arguments: str, **environment: str) -> str:
        done = self.attempt(*arguments, **environment)
        assert done.returncode == 0, f"pulumi {' '.join(arguments)}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def up(self, stack: str, **environment: str) -> str:
        """Create or change what the settings say."""
        return self("up", "--yes", "--skip-preview", "--stack", stack, **environment)

    def destroy(self, stack: str) -> str:
        """Delete everything of the stack."""
        return self("destroy", "--yes", "--skip-preview", "--stack", stack)

    def preview(self, stack: str, *more: str) -> str:
        """What would be done, as JSON."""
        return self("preview", "--json", *more, "--stack", stack)

    def refresh(self, stack: str) -> str:
        """Read everything back; fails where something is not as the state says."""
        return self("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "--stack", stack)

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """The state's resources that a provider manages, read where the engine keeps it: an export is half a second."""
        saved = json.loads((self.state / ".pulumi" / "stacks" / "breakeven" / f"{stack}.json").read_text())
        rows: list[dict[str, Any]] = (saved["checkpoint"].get("latest") or {}).get("resources") or []
        return [row for row in rows if row.get("custom") and row["type"].startswith("aws:")]

    def locked(self) -> bool:
        """Whether an operation holds a stack."""
        return any(self.state.glob(".pulumi/locks/**/*.json"))

    def _settings(self, stack: str) -> Path:
        return self.project / f"Pulumi.{stack}.yaml"


def changes(preview: str) -> dict[str, list[str]]:
    """Of a preview as JSON: what would be done to which resource, and for which of its properties."""
    found = {}
    for step in json.loads(preview).get("steps", []):
        if step["op"] != "same":
            label = "::".join(step["urn"].split("::")[-2:])
            found[f"{step['op']} {label}"] = sorted(step.get("detailedDiff") or step.get("diffReasons") or {})
    return found
