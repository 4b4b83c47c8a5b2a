"""Fine-tuning on a stack: what it costs, a question, one spot instance, its progress, the result."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from scripts.cli import live
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.lifecycle.aws import Account
    from infra.lifecycle.training import Job, Outcome, Place

STATUS: Final = "status.json"
RESULT: Final = "result"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a job is to be trained: the types in turn, hours expected and at most, from which bundle."""

    kinds: tuple[str, ...]
    max_hours: int
    hours: Decimal
    bundle: Path
    resubmit: int = 2
    pause_seconds: float = 15.0


def run(
    job_folder: Path,
    *,
    stack: str,
    instance_types: list[str],
    max_hours: int,
    hours: Decimal,
    yes: bool,
    bundle: Path | None = None,
    project: Path | None = None,
    resubmit: int = 2,
) -> Path:
    """Train a job's folder on the stack; the folder of its result, beside which `status.json` says how it ended.

    `instance_types` are tried in turn (empty: the fleet's); `max_hours` 0 is the stack's trainingMaxHours. What was
    sent before goes on where it stopped, or is only watched, or fetched. Raises InputError, AccountError (3) and
    DeploymentError (7), one line each; typer.Exit when the question is answered with no.
    """
    account, place = _place(stack, project)
    wanted = Wanted(
        kinds=tuple(instance_types) or place.instance_types,
        max_hours=max_hours or place.max_hours,
        hours=hours,
        bundle=_bundle(bundle),
        resubmit=resubmit,
    )
    return train_on(account, place, job_folder, wanted, yes=yes)


def train_on(account: "Account", place: "Place", job_folder: Path, wanted: Wanted, *, yes: bool) -> Path:
    """The same where the stack's place is known."""
    from infra.lifecycle import training

    with training.packed(job_folder) as (job, packed):
        live.say(f"job {job.id}, {job.size_bytes / 1e6:.1f} MB")
        outcome = training.finished(account, place, job)
        if outcome is None:
            if training.running(account, place, job) is None:
                _show_cost(account, place, wanted)
                if not live.agreed(f"Train on stack {place.stack}, on {' or '.join(wanted.kinds)}?", yes):
                    raise typer.Exit(ExitCode.DECLINED)
                live.say("Sending the job ...")
                training.send(account, place, job, packed)
            outcome = _train(account, place, job, wanted)
    return _result(account, place, job, outcome, job_folder)


def cancel(job_id: str, *, stack: str, project: Path | None = None) -> None:
    """End a job's instance; what it stored stays for `run` to go on from."""
    from infra.lifecycle import training

    account, place = _place(stack, project)
    job = training.sent(account, place, job_id)
    if not training.cancel(account, place, job, live.say):
        live.say(f"job {job.id}: no instance runs")


def _place(stack: str, project: Path | None) -> "tuple[Account, Place]":
    from infra.lifecycle.preflight import account_of
    from infra.lifecycle.training import Place
    from infra.lifecycle.workspace import Workspace

    workspace = Workspace.open(stack, live.folder(project))
    config = workspace.config
    return account_of(config), Place.of(config.project, stack, workspace.outputs().values)


def _bundle(path: Path | None) -> Path:
    from infra.costs.errors import InputError
    from serving.bundle import TRAINING_TARGET

    found = path or TRAINING_TARGET
    if not found.is_file():
        raise InputError(str(found), "no training bundle is there", "build it: breakeven bundle --for training")
    return found


def _show_cost(account: "Account", place: "Place", wanted: Wanted) -> None:
    from infra.costs.reports.words import money
    from infra.lifecycle.training_cost import as_text, cost_first

    cost = cost_first(account.region, wanted.kinds, wanted.hours, wanted.max_hours, place.volume_gb)
    live.say(as_text(cost))
    if cost.at_most is not None:
        starts = f", {wanted.resubmit + 1} starts at most" if wanted.resubmit else ""
        live.say(f"It ends itself after {wanted.max_hours} hours: {money(cost.at_most)} USD at most a start{starts}.")


def _train(account: "Account", place: "Place", job: "Job", wanted: Wanted) -> "Outcome":
    """Submit and watch. Whatever ends the watching, the instance goes on: it is said how to come back to it."""
    from infra.lifecycle import training
    from infra.lifecycle.errors import AccountError

    try:
        return training.train(
            account,
            place,
            job,
            wanted.bundle,
            kinds=wanted.kinds,
            max_hours=wanted.max_hours,
            say=live.say,
            resubmit=wanted.resubmit,
            pause_seconds=wanted.pause_seconds,
        )
    except (KeyboardInterrupt, AccountError) as error:
        if _goes_on(account, place, job):
            _show_ways(place, job)
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        raise


def _goes_on(account: "Account", place: "Place", job: "Job") -> bool:
    """Whether an instance of the job runs, or may: AWS might not answer just now."""
    from infra.lifecycle import training
    from infra.lifecycle.errors import AccountError

    try:
        return training.running(account, place, job) is not None
    except AccountError:
        return True


def _show_ways(place: "Place", job: "Job") -> None:
    stack = f"--stack {place.stack}"
    live.columns(
        [
            "",
            f"The instance goes on, and ends itself. To watch it, give the same command again. To end it now: "
            f"breakeven finetune --cancel {job.id} {stack}",
        ]
    )


def _result(account: "Account", place: "Place", job: "Job", outcome: "Outcome", folder: Path) -> Path:
    from infra.lifecycle import training

    (folder / STATUS).write_text(json.dumps(_as_json(job, outcome), indent=2) + "\n", encoding="utf-8")
    if not outcome.has_result:
        raise _told(job, outcome)
    live.say(f"The training took {outcome.seconds / 60:.0f} minutes, setting up included.")
    found = training.fetch(account, place, job, outcome, folder / RESULT)
    live.say(f"{found}")
    return found


def _as_json(job: "Job", outcome: "Outcome") -> dict[str, Any]:
    return {
        "job": job.id,
        "ended": outcome.ended,
        "exit_code": outcome.exit_code,
        "seconds": outcome.seconds,
        "reason": outcome.reason,
    }


def _told(job: "Job", outcome: "Outcome") -> Exception:
    """An error for an attempt without a result, with what to do."""
    from infra.costs.errors import InputError
    from infra.lifecycle.errors import DeploymentError

    name = f"job {job.id}"
    if outcome.may_resume:
        reason = {
            "interrupted": "spot took the instance back",
            "time": "its hours were over",
            "gone": "its instance ended without a word",
        }[outcome.ended]
        if outcome.reason:
            reason += f" ({outcome.reason})"
        return DeploymentError(name, reason, "the same command again resumes from the last checkpoint")
    if outcome.exit_code == ExitCode.INPUT:
        return InputError(name, "the training cannot use it; see the lines above", "mend the data or the settings")
    if outcome.ended == "done":
        return DeploymentError(name, f"the training failed with {outcome.exit_code}", "see the lines above")
    return DeploymentError(name, outcome.reason or "the instance could not be set up", "see the lines above")
