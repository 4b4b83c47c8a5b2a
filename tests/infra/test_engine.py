"""The real Pulumi engine against an emulated AWS: a stack costs the same whichever way it is read.

Runs where the engine and an AWS provider are on PATH; elsewhere it is skipped and says so.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from infra.costs.estimate import estimate
from infra.costs.readers import parse_stack, stack_from_rows
from infra.costs.workload import Workload
from infra.record import record
from tests.emulator import emulator

ROOT = Path(__file__).resolve().parents[2]
ENGINE = shutil.which("pulumi") and shutil.which("pulumi-language-python")
PROVIDER = os.environ.get("TF_AWS_PROVIDER") or shutil.which("pulumi-resource-aws")
# What the emulator cannot do: budgets with notifications, and it has no deep-learning images.
UNSUPPORTED = {
    "breakeven:budgetUsd": 0,
    "breakeven:amiParameter": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
}
PROVIDER_SETTINGS = {
    "aws:accessKey": "test",
    "aws:secretKey": "test",
    "aws:skipCredentialsValidation": "true",
    "aws:skipMetadataApiCheck": "true",
    "aws:s3UsePathStyle": "true",
    "aws:maxRetries": "2",
}

pytestmark = pytest.mark.skipif(
    not (ENGINE and PROVIDER), reason="no pulumi, pulumi-language-python and AWS provider on PATH"
)


class Engine:
    """The pulumi command in a copy of the project whose stacks point at the emulator."""

    def __init__(self, folder: Path, aws: dict[str, str]) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        state = folder / "state"
        state.mkdir()
        for name in ("infra", "serving"):
            (self.project / name).symlink_to(ROOT / name)
        (self.project / ".venv").symlink_to(sys.prefix)
        shutil.copy(ROOT / "Pulumi.yaml", self.project)
        self.environment = {
            **os.environ,
            **aws,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "for the tests",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def create(self, stack: str) -> None:
        """A new stack with the settings of this project's, less what the emulator cannot do."""
        document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
        document["config"] |= UNSUPPORTED | PROVIDER_SETTINGS
        (self.project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document))
        self("stack", "init", stack)

    def __call__(self, *arguments: str) -> str:
        command = ["pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(
            command, cwd=self.project, env=self.environment, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with emulator() as aws:
        yield Engine(tmp_path_factory.mktemp("engine"), aws)


def cost(text: str, name: str) -> Fraction:
    priced = estimate(parse_stack(text, name), workload=Workload())
    assert not priced.unpriced
    return priced.monthly("expected")


def recorded_cost(engine: Engine, stack: str) -> Fraction:
    recording = record(stack, engine.project)
    rows = stack_from_rows(recording.resources, stack, stack, recording.region)
    return estimate(rows, workload=Workload()).monthly("expected")


@pytest.mark.parametrize("stack", ["small", "prod"])
def test_a_preview_before_creation_costs_what_the_recorded_program_does(engine: Engine, stack: str) -> None:
    engine.create(stack)
    assert cost(engine("preview", "--json", "--stack", stack), stack) == recorded_cost(engine, stack) > 30


def test_before_and_after_creation_and_exported_a_stack_costs_the_same(engine: Engine) -> None:
    engine.create("dev")
    before = cost(engine("preview", "--json", "--stack", "dev"), "preview before")
    engine("up", "--yes", "--skip-preview", "--stack", "dev")
    try:
        after = cost(engine("preview", "--json", "--show-sames", "--stack", "dev"), "preview after")
        exported = engine("stack", "export", "--stack", "dev")
        assert before == after == cost(exported, "export") == recorded_cost(engine, "dev") > 150
        assert len(json.loads(exported)["deployment"]["resources"]) > 60
    finally:
        engine("destroy", "--yes", "--skip-preview", "--stack", "dev")
