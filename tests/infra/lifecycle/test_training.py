"""A job on the stack: sent, one spot instance, watched, fetched; the emulator's instance runs the real start script."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.lifecycle import training
from infra.lifecycle.errors import AccountError, DeploymentError
from infra.lifecycle.leftovers import Marks
from infra.lifecycle.sweep import as_text, sweep
from infra.lifecycle.training_cost import as_text as cost_text
from infra.lifecycle.training_cost import cost_first
from infra.lifecycle.training_types import Place
from tests.infra.lifecycle.planted import REGION, client
from tests.infra.lifecycle.sandbox import Sandbox
from tests.infra.lifecycle.training_stage import Played, Stage, stack_at, staged, user_data


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    with staged(monkeypatch, tmp_path) as found:
        yield found


def test_the_same_folder_is_the_same_job_whatever_was_trained_from_it(stage: Stage) -> None:
    first = stage.job(seed=1)
    (stage.folder / "work" / "checkpoint-2").write_text("more")
    (stage.folder / "data" / "rows.csv").touch()
    assert stage.job(seed=1) == first
    assert stage.job(seed=2) != first
    assert training.sent(stage.account, stage.place, first.id) == first
    with pytest.raises(InputError, match="no such job"):
        training.sent(stage.account, stage.place, "0" * 12)


def test_a_folder_that_is_no_job_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with (
        pytest.raises(InputError, match=r"no job: job\.json, model, data is missing"),
        training.packed(tmp_path / "empty"),
    ):
        pass


def test_one_spot_instance_that_ends_itself_is_started_with_the_stacks_tags(stage: Stage) -> None:
    job = stage.job()
    found = stage.submit(job)
    (row,) = stage.instances()
    assert row["InstanceId"] == found.instance_id
    assert (row["InstanceType"], row["InstanceLifecycle"]) == ("g4dn.xlarge", "spot")
    assert row["SubnetId"] == stage.place.subnet_ids[0]
    tags = {tag["Key"]: tag["Value"] for tag in row["Tags"]}
    assert tags | {"project": "breakeven", "stack": stage.place.stack, "job": job.id} == tags
    behaviour = client("ec2").describe_instance_attribute(
        InstanceId=found.instance_id, Attribute="instanceInitiatedShutdownBehavior"
    )
    assert behaviour["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"
    script = user_data(found.instance_id)
    assert "shutdown -h +120" in script or 'shutdown -h "+120"' in script
    assert job.sha256 in script


def test_a_job_that_runs_is_not_started_again(stage: Stage) -> None:
    job = stage.job()
    first = stage.submit(job)
    again = stage.submit(job)
    assert again.instance_id == first.instance_id
    assert len(stage.instances()) == 1
    assert any("runs already" in line for line in stage.said)


def test_where_there_is_no_room_the_next_zone_and_then_the_next_type_is_tried_and_each_is_said(stage: Stage) -> None:
    stage.refusing.codes += ["InsufficientInstanceCapacity", "SpotMaxPriceTooLow"]
    found = stage.submit(stage.job(), "g4dn.xlarge", "g5.xlarge")
    assert found.instance_type == "g5.xlarge"
    assert stage.said[:2] == [
        f"  g4dn.xlarge in {REGION}a: no capacity",
        f"  g4dn.xlarge in {REGION}b: the price is above on demand",
    ]
    assert len(stage.instances()) == 1


def test_no_room_anywhere_is_one_line_and_nothing_runs(stage: Stage) -> None:
    stage.refusing.codes += ["InsufficientInstanceCapacity"] * 2
    with pytest.raises(DeploymentError, match=r"no capacity; .*try again later"):
        stage.submit(stage.job())
    assert stage.instances() == []


def test_what_another_type_would_not_mend_is_not_tried_again(stage: Stage) -> None:
    stage.refusing.codes += ["UnauthorizedOperation"]
    with pytest.raises(AccountError, match="no permission"):
        stage.submit(stage.job(), "g4dn.xlarge", "g5.xlarge")
    assert stage.instances() == []


@pytest.mark.parametrize("hours", [0, 5])
def test_hours_beyond_the_stacks_own_limit_are_refused(stage: Stage, hours: int) -> None:
    with pytest.raises(InputError, match="trainingMaxHours, 4"):
        stage.submit(stage.job(), max_hours=hours)


def test_a_job_comes_back_with_its_result_and_nothing_runs_any_more(stage: Stage, tmp_path: Path) -> None:
    job = stage.job(steps=2)
    with Played(stage, tmp_path):
        outcome = stage.train(job)
    assert (outcome.ended, outcome.exit_code) == ("done", 0)
    assert "  step 2" in stage.said
    found = training.fetch(stage.account, stage.place, job, outcome, stage.folder / "result")
    assert sorted(path.name for path in found.iterdir()) == ["card.json"]
    assert training.running(stage.account, stage.place, job) is None
    assert training.finished(stage.account, stage.place, job) == outcome
    assert {row["State"]["Name"] for row in stage.instances()} == {"terminated"}


def test_a_result_that_is_not_the_one_that_was_stored_is_refused_and_the_one_before_stays(
    stage: Stage, tmp_path: Path
) -> None:
    job = stage.job(steps=1)
    with Played(stage, tmp_path):
        outcome = stage.train(job)
    key = job.key("out", f"result-{outcome.result_sha256[:12]}.tar.gz")
    client("s3").put_object(Bucket=stage.place.bucket, Key=key, Body=b"changed")
    with pytest.raises(DeploymentError, match="not what the instance stored"):
        training.fetch(stage.account, stage.place, job, outcome, stage.folder / "result")
    assert (stage.folder / "result" / "x").exists()


def test_what_spot_takes_back_is_submitted_again_and_goes_on(stage: Stage, tmp_path: Path) -> None:
    def during(sandbox: Sandbox, attempt: int) -> None:
        if attempt == 1:
            sandbox.wait_for(lambda: sandbox.said("step 2"))
            (sandbox.root / "interrupt").touch()

    job = stage.job(steps=3, hangs_at=2)
    with Played(stage, tmp_path, during):
        outcome = stage.train(job, resubmit=1)
    assert (outcome.ended, outcome.exit_code) == ("done", 0)
    assert "  resumed after step 2" in stage.said
    assert any(line.startswith("Spot took the instance back") for line in stage.said)
    assert len(stage.instances()) == 2


def test_what_spot_takes_back_may_be_resumed_by_hand(stage: Stage, tmp_path: Path) -> None:
    def during(sandbox: Sandbox, attempt: int) -> None:
        sandbox.wait_for(lambda: sandbox.said("step 1"))
        (sandbox.root / "interrupt").touch()

    job = stage.job(steps=2, hangs_at=1)
    with Played(stage, tmp_path, during):
        outcome = stage.train(job)
    assert outcome.ended == "interrupted"
    assert outcome.may_resume
    assert not outcome.has_result
    assert stage.submit(job).resumed


def test_an_instance_that_ends_without_a_word_is_told(stage: Stage) -> None:
    job = stage.job()
    found = stage.submit(job)
    client("ec2").terminate_instances(InstanceIds=[found.instance_id])
    outcome = training.watch(stage.account, found, stage.said.append, pause_seconds=0)
    assert outcome.ended == "gone"


def test_an_instance_that_does_not_end_itself_is_ended(stage: Stage) -> None:
    found = stage.submit(stage.job())
    now = itertools.count(found.began_at, 600)
    outcome = training.watch(stage.account, found, stage.said.append, pause_seconds=0, clock=lambda: float(next(now)))
    assert outcome.ended == "time"
    assert any("does not end itself" in line for line in stage.said)
    assert any("nothing new; it ends itself in" in line for line in stage.said)
    (row,) = stage.instances()
    assert row["State"]["Name"] == "terminated"


def test_a_job_is_cancelled_by_its_id_alone(stage: Stage) -> None:
    found = stage.submit(stage.job())
    job = training.sent(stage.account, stage.place, found.job.id)
    assert training.cancel(stage.account, stage.place, job, stage.said.append)
    assert not training.cancel(stage.account, stage.place, job, stage.said.append)
    assert stage.said[-1] == f"  {found.instance_id} is gone"


def test_a_teardown_ends_the_stacks_own_trainings_alone(stage: Stage) -> None:
    mine, other = stage.submit(stage.job()), stack_at(f"{stage.place.stack}other")
    theirs = Stage(stage.account, other, stage.folder, stage.bundle, stage.refusing)
    theirs.submit(theirs.job())
    assert training.cancel_all(stage.account, "breakeven", stage.place.stack, stage.said.append)
    assert stage.said[-1] == f"  {mine.instance_id} is gone"
    assert {row["State"]["Name"] for row in theirs.instances()} == {"running"}


def test_a_sweep_lists_a_training_that_runs_with_its_cost(stage: Stage) -> None:
    found = stage.submit(stage.job())
    marks = Marks(project="breakeven", stack=stage.place.stack)
    swept = sweep(stage.account, marks)
    (row,) = [row for row in swept.found if row.kind == "instance"]
    assert (row.id, row.note) == (found.instance_id, f"running, training job {found.job.id}")
    cost = swept.costs[row.id]
    assert cost is not None
    assert 0.2000 * 730 <= float(cost) < 0.2158 * 730 + 10  # spot's price, not on demand's, and the disk
    assert row.id in as_text(swept, marks)


def test_the_place_is_read_from_the_stacks_outputs_or_how_to_have_one_is_said() -> None:
    with pytest.raises(InputError, match=r"set breakeven:training to true in Pulumi\.dev\.yaml"):
        Place.of("breakeven", "dev", {})


def test_the_cost_is_that_of_every_other_report_and_fits_80_columns() -> None:
    cost = cost_first(REGION, ["g4dn.xlarge", "m5.large", "none.such"], Decimal("1.5"), 4, 75)
    first, second, unknown = cost.types
    assert first.spot
    assert first.spot.low == Decimal("0.2000") * Decimal("1.5")
    assert first.spot_at_most
    assert first.spot_at_most.high == Decimal("0.2158") * 4
    assert second.basis.startswith("no spot price observed")
    assert unknown.spot is None
    assert cost.at_most is None
    assert cost.disk is not None
    assert float(cost.disk) == pytest.approx(0.08 * 75 * 1.5 / 730)
    text = cost_text(cost)
    assert "no price" in text
    assert max(map(len, text.splitlines())) <= 80
    known = cost_first(REGION, ["g4dn.xlarge"], Decimal(1), 4, 75)
    assert known.at_most is not None
    assert float(known.at_most) == pytest.approx(0.526 * 4 + 0.08 * 75 * 4 / 730)
