"""Fine-tuning on a stack from the command line: cost, question, progress, result; what is said when it is left."""

import os
import signal
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import typer

from infra.costs.errors import InputError
from infra.lifecycle import training
from infra.lifecycle.errors import DeploymentError
from scripts.cli.finetune_remote import Wanted, train_on
from tests.infra.lifecycle.sandbox import Sandbox
from tests.infra.lifecycle.training_stage import Played, Stage, staged


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    with staged(monkeypatch, tmp_path) as found:
        yield found


def trained(stage: Stage, *, yes: bool = True, resubmit: int = 0) -> Path:
    wanted = Wanted(
        kinds=("g4dn.xlarge",), max_hours=2, hours=Decimal("0.5"), bundle=stage.bundle, resubmit=resubmit,
        pause_seconds=0.1,
    )  # fmt: skip
    return train_on(stage.account, stage.place, stage.folder, wanted, yes=yes)


def test_the_cost_comes_first_and_the_result_last(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.set(steps=2)
    with Played(stage, tmp_path):
        found = trained(stage)
    assert found == stage.folder / "result"
    assert (found / "card.json").exists()
    said = capsys.readouterr().out
    in_order = ["g4dn.xlarge", "USD at most a start", "Sending", "step 2", "is gone", str(found)]
    places = [said.index(text) for text in in_order]
    assert places == sorted(places)
    assert max(len(line) for line in said.splitlines() if str(found) not in line) <= 80


def test_what_is_done_is_fetched_again_without_a_question(stage: Stage, tmp_path: Path) -> None:
    stage.set(steps=1)
    with Played(stage, tmp_path):
        trained(stage)
    (stage.folder / "result" / "card.json").unlink()
    assert (trained(stage, yes=False) / "card.json").exists()
    assert len(stage.instances()) == 1


def test_without_an_answer_nothing_is_sent_and_nothing_started(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nobody = tmp_path / "nobody"
    nobody.touch()
    with nobody.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(typer.BadParameter, match="add --yes"):
            trained(stage, yes=False)
    assert stage.instances() == []
    assert stage.stored() == []


def test_ctrl_c_leaves_the_instance_and_says_how_to_come_back_or_end_it(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def during(sandbox: Sandbox, _: int) -> None:
        sandbox.wait_for(lambda: sandbox.said("step 1"))
        os.kill(os.getpid(), signal.SIGINT)
        sandbox.wait_for(lambda: any(line == "left" for line in stage.said))
        (sandbox.root / "interrupt").touch()

    stage.set(hangs_at=1)
    with Played(stage, tmp_path, during):
        with pytest.raises(typer.Exit) as left:
            trained(stage)
        running = [row for row in stage.instances() if row["State"]["Name"] == "running"]
        stage.said.append("left")
    assert left.value.exit_code == 130
    assert len(running) == 1
    said = " ".join(capsys.readouterr().out.split())
    with training.packed(stage.folder) as (job, _):
        assert f"breakeven finetune --cancel {job.id} --stack {stage.place.stack}" in said
    assert "give the same command again" in said


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"exit": 3}, InputError, "mend the data or the settings"),
        ({"exit": 7}, DeploymentError, "the training failed with 7"),
    ],
    ids=["input refused", "failed"],
)
def test_a_training_without_a_result_is_one_line_with_what_to_do(
    stage: Stage, tmp_path: Path, settings: dict[str, object], error: type[Exception], words: str
) -> None:
    stage.set(**settings)
    with Played(stage, tmp_path), pytest.raises(error, match=words):
        trained(stage)
    assert f'"exit_code": {settings["exit"]}' in (stage.folder / "status.json").read_text()


def test_what_spot_took_back_says_how_it_goes_on(stage: Stage, tmp_path: Path) -> None:
    def during(sandbox: Sandbox, _: int) -> None:
        sandbox.wait_for(lambda: sandbox.said("step 1"))
        (sandbox.root / "interrupt").touch()

    stage.set(hangs_at=1)
    with Played(stage, tmp_path, during), pytest.raises(DeploymentError, match="resumes from the last checkpoint"):
        trained(stage)
