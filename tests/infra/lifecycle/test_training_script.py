"""The start script of a training instance, run as it is: it ends the instance however it comes, and loses little."""

import dataclasses
import hashlib
import json
import re
import tarfile
from pathlib import Path

import pytest

from infra.lifecycle.training_launch import Attempt, Checkpoint
from infra.policy.rules.compute import SECRETS
from tests.infra.lifecycle.sandbox import Sandbox, attempt

REGION = "us-east-1"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox.at(tmp_path / "instance")


def ended_last(sandbox: Sandbox) -> bool:
    return sandbox.calls[-1] == "shutdown -h now"


def test_the_script_is_whole_fits_and_holds_nothing_secret(sandbox: Sandbox) -> None:
    script = attempt(sandbox).user_data(REGION)
    assert "@{" not in script
    assert len(script) < 16 * 1024  # the most that EC2 takes
    assert not any(pattern.search(script) for pattern in SECRETS.values())
    assert not any(word in script.lower() for word in ("secret", "password", "access_key", "authorization"))


def test_the_end_is_set_before_anything_else_and_holds_after_a_reboot(sandbox: Sandbox) -> None:
    sandbox.run(attempt(sandbox).user_data(REGION))
    assert sandbox.calls[0] == "shutdown -h +240"
    (later,) = (sandbox.root / "per-boot").iterdir()
    assert later.read_text() == "#!/bin/bash\nshutdown -h now\n"
    assert later.stat().st_mode & 0o111


def test_a_training_that_ends_leaves_its_result_its_log_and_no_instance(sandbox: Sandbox) -> None:
    told = attempt(sandbox)
    assert sandbox.run(told.user_data(REGION)) == 0
    status = sandbox.status(told.job)
    assert (status["ended"], status["exit_code"], status["reason"]) == ("done", 0, "")
    digest = str(status["result_sha256"])
    result = sandbox.stored(told.job, f"result-{digest[:12]}.tar.gz")
    assert hashlib.sha256(result.read_bytes()).hexdigest() == digest
    with tarfile.open(result) as archive:
        assert "./card.json" in archive.getnames()
    assert "step 2" in sandbox.log(told.job)
    assert "step 2" in (sandbox.root / "logged").read_text()
    assert ended_last(sandbox)
    puts = [re.search(r"/out/(\S+)$", call) for call in sandbox.calls]
    assert next(put[1] for put in reversed(puts) if put) == "1/status.json"


def test_the_training_runs_as_a_user_that_can_write_its_job_alone(sandbox: Sandbox) -> None:
    sandbox.run(attempt(sandbox).user_data(REGION))
    (ran,) = [call for call in sandbox.calls if call.startswith("setpriv ")]
    assert "--reuid breakeven --regid breakeven" in ran
    assert "--no-new-privs" in ran
    opt = sandbox.root / "opt"
    owned = [call for call in sandbox.calls if call.startswith("chown ")]
    assert owned == [f"chown -R root:breakeven {opt}", f"chown -R breakeven:breakeven {opt}/job"]


@pytest.mark.parametrize(
    ("code", "has_result"), [(13, True), (3, False), (7, False)], ids=["not better", "input refused", "failed"]
)
def test_the_trainings_own_word_is_passed_on(sandbox: Sandbox, code: int, has_result: bool) -> None:
    told = attempt(sandbox, exit=code)
    sandbox.run(told.user_data(REGION))
    status = sandbox.status(told.job)
    assert (status["ended"], status["exit_code"]) == ("done", code)
    assert bool(status["result_sha256"]) is has_result
    assert sandbox.stored(told.job, "checkpoint.json").exists() is not has_result
    assert ended_last(sandbox)


@pytest.mark.parametrize("what", ["job", "bundle"])
def test_what_is_not_what_was_sent_is_not_run(sandbox: Sandbox, what: str) -> None:
    told = attempt(sandbox)
    key = told.bundle.key if what == "bundle" else told.job.key("in", "job.tar.gz")
    (sandbox.bucket / key).write_bytes(b"something else")
    assert sandbox.run(told.user_data(REGION)) != 0
    status = sandbox.status(told.job)
    assert (status["ended"], status["exit_code"]) == ("setup", None)
    assert status["reason"] == f"{key} is not what was sent"
    assert not any(call.startswith("setpriv ") for call in sandbox.calls)
    assert ended_last(sandbox)


def test_what_cannot_be_fetched_or_installed_is_said(sandbox: Sandbox) -> None:
    told = attempt(sandbox)
    (sandbox.bucket / told.bundle.key).unlink()
    sandbox.run(told.user_data(REGION))
    assert sandbox.status(told.job)["reason"] == f"{told.bundle.key} cannot be read"
    assert ended_last(sandbox)


def test_an_instance_that_may_store_nothing_ends_all_the_same(sandbox: Sandbox) -> None:
    (sandbox.root / "no-puts").touch()
    sandbox.run(attempt(sandbox).user_data(REGION))
    assert ended_last(sandbox)


def test_without_a_way_to_cloudwatch_it_is_tried_once_and_the_bucket_has_the_log(sandbox: Sandbox) -> None:
    (sandbox.root / "no-logs").touch()
    told = attempt(sandbox)
    sandbox.run(told.user_data(REGION))
    assert len([call for call in sandbox.calls if " logs " in call]) == 1
    assert "step 2" in sandbox.log(told.job)


def kept(sandbox: Sandbox, told: Attempt) -> Checkpoint:
    found = json.loads(sandbox.stored(told.job, "checkpoint.json").read_text())
    assert hashlib.sha256(sandbox.stored(told.job, found["key"]).read_bytes()).hexdigest() == found["sha256"]
    return Checkpoint(key=told.job.key("out", found["key"]), sha256=found["sha256"])


def test_checkpoints_are_kept_meanwhile_whole_ones_alone(sandbox: Sandbox) -> None:
    told = attempt(sandbox, hangs_at=1)
    process = sandbox.start(told.user_data(REGION))
    sandbox.wait_for(lambda: sandbox.stored(told.job, "checkpoint.json").exists())
    assert "step 1" in sandbox.log(told.job)
    with tarfile.open(sandbox.bucket / kept(sandbox, told).key) as archive:
        assert sorted(archive.getnames()) == [".", "./checkpoint-1"]
    (sandbox.root / "interrupt").touch()
    process.wait(timeout=120)


def test_what_spot_takes_back_is_kept_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = Sandbox.at(tmp_path / "first")
    told = attempt(first, hangs_at=2, steps=3)
    process = first.start(told.user_data(REGION))
    first.wait_for(lambda: first.said("step 2"))
    (first.root / "interrupt").touch()
    process.wait(timeout=120)
    assert first.status(told.job)["ended"] == "interrupted"
    assert ended_last(first)
    assert "breakeven: stopped: interrupted" in first.log(told.job)
    second = Sandbox.at(tmp_path / "second")
    (first.root / "s3").rename(second.root / "s3")
    again = dataclasses.replace(told, checkpoint=kept(second, told), number=2)
    assert second.run(again.user_data(REGION)) == 0
    assert "resumed after step 2" in second.log(told.job, attempt=2)
    assert second.status(told.job, attempt=2)["ended"] == "done"


def test_checkpoints_that_are_not_those_that_were_kept_are_refused(sandbox: Sandbox) -> None:
    told = attempt(sandbox)
    key = told.job.key("out", "work-1.tar")
    (sandbox.bucket / key).parent.mkdir(parents=True)
    (sandbox.bucket / key).write_bytes(b"half")
    told = dataclasses.replace(told, checkpoint=Checkpoint(key=key, sha256="0" * 64))
    sandbox.run(told.user_data(REGION))
    assert sandbox.status(told.job)["reason"] == f"{key} is not what was sent"


def test_the_hours_are_over_five_minutes_before_the_end_so_that_there_is_time_to_keep_everything(
    sandbox: Sandbox,
) -> None:
    told = attempt(sandbox, hangs_at=1)
    script = told.user_data(REGION)
    assert "240 * 60 - 300" in script
    sandbox.run(script.replace("240 * 60 - 300", "3"))
    assert sandbox.status(told.job)["ended"] == "time"
    kept(sandbox, told)
    assert ended_last(sandbox)


def test_a_machine_that_goes_down_keeps_what_there_is_before(sandbox: Sandbox) -> None:
    told = attempt(sandbox, hangs_at=1)
    process = sandbox.start(told.user_data(REGION))
    sandbox.wait_for(lambda: sandbox.said("step 1"))
    process.terminate()
    process.wait(timeout=120)
    assert sandbox.status(told.job)["exit_code"] is None
    kept(sandbox, told)
    assert ended_last(sandbox)
