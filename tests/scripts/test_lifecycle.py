"""The verbs on a real stack: what is refused before anything is created, and one stack's whole life."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.costs.stacks import VOLUME, export, row
from tests.infra.engine import needs_engine
from tests.infra.stack_variants import trial_project
from tests.scripts.command import ROOT, breakeven
from tests.scripts.stage import IMAGE, Stage, one_line, staged, verb

SMALL = {"model": "efficientnet_lite0", "instanceTypes": ["t3.medium"], "amiParameter": IMAGE}


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(export(row(VOLUME, "disk", size=10, type="gp3")))
    new.write_text(export(row(VOLUME, "disk", size=30, type="gp3"), row(VOLUME, "more", size=10, type="gp3")))
    return str(old), str(new)


def test_two_files_are_compared_without_account_or_engine(files: tuple[str, str]) -> None:
    done = breakeven("diff", *files)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^~ disk +\+1\.60 +\+1\.60 +\+1\.60$", done.stdout, re.MULTILINE)
    assert re.search(r"^Change +\+2\.40", done.stdout, re.MULTILINE)
    assert json.loads(breakeven("diff", *files, "--format", "json").stdout)["delta"]["expected"] == "2.4"
    assert "| added `more` |" in breakeven("diff", *files, "--format", "markdown").stdout


def test_a_change_above_the_budget_ends_with_its_own_code(files: tuple[str, str]) -> None:
    assert breakeven("diff", *files, "--budget", "3").returncode == 5
    assert breakeven("diff", *files, "--budget", "4").returncode == 0


def test_comparing_imports_neither_engine_nor_account() -> None:
    check = (
        "import sys; from scripts.cli.__main__ import app\n"
        "try: app(['estimate', 'tests/infra/costs/samples/stack-export.json'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('pulumi', 'boto3', 'botocore') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"minSize": "one"}, 3, "minSize: 'one' is not a whole number"),
        ({"minSiez": 1}, 3, "minSiez: no such setting; did you mean minSize"),
        ({"budgetUsd": 40}, 5, "budgetUsd: 40 is below the stack's minimum of"),
        ({"modelArchive": "model_store/none.mar"}, 3, "modelArchive: model_store/none.mar cannot be read"),
        ({"instanceTypes": ["t3.medium", "t3a.medium"], "zones": 9}, 3, "zones: 9 is out of range"),
        ({"egress": "public", "balancer": False}, 10, "CKV_AWS_88 on Fleet node: "),
    ],
)
def test_a_mistake_in_the_settings_is_one_line_and_nothing_is_created(
    changes: dict[str, object], code: int, said: str, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    project = trial_project(tmp_path, **{**SMALL, **changes})
    file = project / "Pulumi.trial.yaml"
    file.write_text(file.read_text().replace("eu-west-1", "us-east-1"))
    environment = {**os.environ, "PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "x"}
    done = verb("up", "--stack", "trial", "--yes", project=project, environment=environment)
    assert done.returncode == code
    assert said in one_line(done)
    assert not list(state.iterdir())


def test_an_unknown_stack_is_one_line(tmp_path: Path) -> None:
    project = trial_project(tmp_path, **SMALL)
    for name in ("up", "diff", "refresh", "outputs", "destroy", "doctor", "sweep", "timeline"):
        done = verb(name, "--stack", "trail", project=project, environment=dict(os.environ))
        assert done.returncode == 3
        assert "trial" in one_line(done)


def test_a_folder_that_is_no_project_is_one_line(tmp_path: Path) -> None:
    done = verb("up", project=tmp_path, environment=dict(os.environ))
    assert done.returncode == 3
    assert "holds no Pulumi.yaml" in one_line(done)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("lifecycle")) as found:
        yield found


class TestEngine:
    """With the real engine."""

    pytestmark = needs_engine

    def test_previewed_outputs_cost_what_the_preview_says(self, stage: Stage) -> None:
        for stack in ("dev", "prod"):
            stage.engine.create(stack, amiParameter=IMAGE)
            # The JSON form leaves a stack's outputs out.
            shown = stage.engine("preview", "--stack", stack).split("costPerMonth", 1)[1]
            cost = dict(re.findall(r'(low|expected|high) *: "([\d.]+)"', shown)[:3])
            assert cost == stage.totals(stack)

    def test_the_whole_life_of_a_stack(self, stage: Stage) -> None:
        stage.engine.create("small", budgetUsd=0)
        assert one_line(stage("outputs", "--stack", "small")).endswith("deploy it first: breakeven up")
        _goes_up(stage)
        _is_told(stage)
        _changes(stage)
        _comes_down(stage)

    def test_a_wrong_passphrase_is_one_line(self, stage: Stage) -> None:
        stage.create("secretive")
        done = stage("up", "--stack", "secretive", "--yes", PULUMI_CONFIG_PASSPHRASE="wrong")  # noqa: S106
        assert done.returncode == 3
        assert "the passphrase is not the one it was made with" in one_line(done)

    def test_a_state_of_another_project_is_refused(self, stage: Stage, tmp_path: Path) -> None:
        stage.create("foreign")
        own = json.loads(stage.engine("stack", "export", "--stack", "foreign"))
        owner, provider = "urn:pulumi:foreign::another::", "pulumi:providers:aws"
        disk = {"urn": f"{owner}{VOLUME}::disk", "custom": True, "id": "vol-1", "type": VOLUME}
        own["deployment"]["resources"] = [
            {"urn": f"{owner}{provider}::p", "custom": True, "id": "1", "type": provider},
            {**disk, "provider": f"{owner}{provider}::p::1"},
        ]
        (tmp_path / "state.json").write_text(json.dumps(own))
        stage.engine("stack", "import", "--force", "--file", str(tmp_path / "state.json"), "--stack", "foreign")
        for name in ("up", "destroy"):
            done = stage(name, "--stack", "foreign", "--yes")
            assert done.returncode == 3
            assert "its state holds another/foreign, not breakeven/foreign" in one_line(done)

    def test_two_at_once_are_refused_and_a_killed_one_heals(self, stage: Stage) -> None:
        stage.create("killed")
        running = stage.engine.start("up", "--yes", "--skip-preview", "--stack", "killed")
        state = Path(stage.engine.environment["PULUMI_BACKEND_URL"].removeprefix("file://")) / ".pulumi" / "stacks"
        try:
            _until(lambda: _made(state / "breakeven" / "killed.json") >= 15)
            done = stage("refresh", "--stack", "killed")
        finally:
            running.kill()
            running.communicate()
        assert done.returncode == 7
        assert "another operation is at work on it" in one_line(done)
        stage.fine("up", "--stack", "killed", "--yes", "--no-wait")
        stage.fine("destroy", "--stack", "killed", "--yes")


def _made(state: Path) -> int:
    """How many resources the state holds while the engine writes it."""
    try:
        return state.read_text(encoding="utf-8").count('"id":')
    except OSError:
        return 0


def _until(true: Any, seconds: float = 150) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _goes_up(stage: Stage) -> None:
    refused = stage("up", "--stack", "small")
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    said = stage.fine("up", "--stack", "small", "--yes")
    assert "USD a month" in said
    assert re.search(r"\d+/\d+  created   ec2/vpc ", said)
    assert "Nothing is served yet: modelArchive and nodeBundle are empty" in " ".join(said.split())
    outputs = json.loads(stage.fine("outputs", "--stack", "small", "--json"))
    assert {k: v for k, v in outputs["costPerMonth"].items() if k != "currency"} == stage.totals("small")
    assert outputs["endpoint"] in said
    assert outputs["call"] in said
    assert stage.fine("outputs", "endpoint", "--stack", "small").strip() == outputs["endpoint"]
    assert "Nothing changes the bill" in stage.fine("diff", "--stack", "small")


def _is_told(stage: Stage) -> None:
    """Of the deployment itself the timeline knows from the state, of its instances from the emulator."""
    found = json.loads(stage.fine("timeline", "--stack", "small", "--since", "1h", "--format", "json"))
    assert found["unseen"] == []
    told = [(event["where"], event["what"]) for event in found["events"]]
    began = told.index(("pulumi update", "began"))
    ended = next(n for n, (where, what) in enumerate(told) if where == "pulumi update" and "succeeded" in what)
    started = next(n for n, (_, what) in enumerate(told) if what.startswith("Launching a new EC2 instance"))
    # The engine writes whole seconds, so the end may stand before what happened in its last one.
    assert began < min(started, ended)
    assert found["summary"]["first_sign"] is None


def _changes(stage: Stage) -> None:
    stage.engine.change("small", rootVolumeGb=20)
    assert re.search(
        r"^~ Fleet/fleet +\+0\.32 +\+0\.32 +\+0\.96$", stage.fine("diff", "--stack", "small"), re.MULTILINE
    )
    assert "updated   ec2/launchTemplate" in stage.fine("up", "--stack", "small", "--yes")
    assert "nothing to change." in stage.fine("up", "--stack", "small", "--yes")
    assert "same" in stage.fine("refresh", "--stack", "small")


def _comes_down(stage: Stage) -> None:
    assert stage("sweep", "--stack", "small").returncode == 8
    said = stage.fine("destroy", "--stack", "small", "--yes")
    assert "What stops being paid, USD a month" in said
    assert "Nothing billable is left of breakeven/small." in said
    assert stage("sweep", "--stack", "small").returncode == 0
    assert "nothing is deployed" in stage.fine("destroy", "--stack", "small", "--yes")
