"""Fine-tuning on the stack: a one-off spot instance that ends itself, resumed where spot took it back."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.lifecycle.aws import Account, told
from infra.lifecycle.engine import Say
from infra.lifecycle.training_launch import Attempt, Checkpoint, alive, launch
from infra.lifecycle.training_pack import packed, unpack
from infra.lifecycle.training_store import Store, attempts, bundle_of, job_of
from infra.lifecycle.training_types import JOB_TAG, Job, Outcome, Place, Submitted
from infra.lifecycle.training_watch import PAUSE_SECONDS, see_gone, status_of, watch
from serving.digest import sha256_of

HOURS: Final = (1, 24)
__all__ = [
    "Job",
    "Outcome",
    "Place",
    "Submitted",
    "cancel",
    "cancel_all",
    "fetch",
    "finished",
    "packed",
    "running",
    "send",
    "sent",
    "submit",
    "train",
    "watch",
]


def send(account: Account, place: Place, job: Job, packed_job: Path) -> None:
    """Store a job in the stack's bucket, where it is not there yet."""
    store = Store(account=account, bucket=place.bucket)
    store.send(packed_job, job.key("in", "job.tar.gz"))
    store.write(job.key("in", "job.json"), {"sha256": job.sha256, "size_bytes": job.size_bytes})


def sent(account: Account, place: Place, id_: str) -> Job:
    """A job that was sent before, by its id; raises InputError for one that is not there."""
    return job_of(Store(account=account, bucket=place.bucket), id_)


def submit(
    account: Account, place: Place, job: Job, bundle: Path, *, kinds: Sequence[str], max_hours: int, say: Say
) -> Submitted:
    """Start one spot instance for a job, or find the one that runs already; it goes on from the last checkpoint.

    `kinds` are tried in turn, each in every zone. Raises InputError, AccountError, or DeploymentError for no room.
    """
    there = running(account, place, job)
    if there:
        say(f"  runs already: {there.instance_id}")
        return there
    if not HOURS[0] <= max_hours <= min(place.max_hours, HOURS[1]):
        reason = f"{max_hours} is not between {HOURS[0]} and the stack's trainingMaxHours, {place.max_hours}"
        raise InputError("--max-hours", reason, "choose fewer, or raise the setting")
    store = Store(account=account, bucket=place.bucket)
    checkpoint = _checkpoint(store, job)
    # Written first: what a killed command has begun gets no instance under the next number's token.
    number = attempts(store, job) + 1
    stored = bundle_of(store, bundle, sha256_of(bundle))
    store.write(job.key("in", "attempt.json"), {"attempt": number})
    attempt = Attempt(place=place, job=job, bundle=stored, checkpoint=checkpoint, number=number, max_hours=max_hours)
    return launch(account, attempt, tuple(kinds), say)


def train(
    account: Account,
    place: Place,
    job: Job,
    bundle: Path,
    *,
    kinds: Sequence[str],
    max_hours: int,
    say: Say,
    resubmit: int = 0,
    pause_seconds: float = PAUSE_SECONDS,
) -> Outcome:
    """Submit and watch; where spot takes the instance back, submit again, `resubmit` times at most.

    An instance that runs already is watched, whatever the types and hours say.
    """
    for left in range(resubmit, -1, -1):
        submitted = submit(account, place, job, bundle, kinds=kinds, max_hours=max_hours, say=say)
        outcome = watch(account, submitted, say, pause_seconds=pause_seconds)
        if outcome.ended != "interrupted" or not left:
            break
        say(f"Spot took the instance back; submitting again, {left} of {resubmit} times left.")
    return outcome


def running(account: Account, place: Place, job: Job) -> Submitted | None:
    """The attempt at a job that runs now, if any."""
    for row in alive(account, place, job):
        tags = {tag["Key"]: tag["Value"] for tag in row["Tags"]}
        return Submitted(
            place=place,
            job=job,
            attempt=int(tags["attempt"]),
            instance_id=row["InstanceId"],
            instance_type=row["InstanceType"],
            max_hours=int(tags["maxHours"]),
            began_at=row["LaunchTime"].timestamp(),
        )
    return None


def finished(account: Account, place: Place, job: Job) -> Outcome | None:
    """How the last attempt at a job ended, where it has left a result."""
    store = Store(account=account, bucket=place.bucket)
    found = status_of(store, job, attempts(store, job))
    return found if found and found.has_result else None


def fetch(account: Account, place: Place, job: Job, outcome: Outcome, target: Path) -> Path:
    """The result as a folder, proven by its digest, in the place of an earlier one."""
    store = Store(account=account, bucket=place.bucket)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".result-") as scratch:
        packed = Path(scratch) / "result.tar.gz"
        store.fetch(job.key("out", f"result-{outcome.result_sha256[:12]}.tar.gz"), packed)
        return unpack(packed, outcome.result_sha256, target)


def cancel(account: Account, place: Place, job: Job, say: Say) -> bool:
    """End a job's instance, and see it gone; False where none runs. What was stored stays, to be resumed from."""
    return _end(account, [row["InstanceId"] for row in alive(account, place, job)], say)


def cancel_all(account: Account, project: str, stack: str, say: Say) -> bool:
    """End every training instance of a stack, which would keep its network from being deleted."""
    filters = [
        {"Name": "tag:project", "Values": [project]},
        {"Name": "tag:stack", "Values": [stack]},
        {"Name": "tag-key", "Values": [JOB_TAG]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ]
    pages: Any = account.pages("ec2", "describe_instances", "Reservations", Filters=filters)
    return _end(account, [row["InstanceId"] for page in pages for row in page["Instances"]], say)


def _end(account: Account, ids: list[str], say: Say) -> bool:
    if not ids:
        return False
    with told("training instance"):
        account.client("ec2").terminate_instances(InstanceIds=ids)
    for id_ in ids:
        see_gone(account, id_, say)
    return True


def _checkpoint(store: Store, job: Job) -> Checkpoint:
    found = store.read(job.key("out", "checkpoint.json"))
    if not found:
        return Checkpoint()
    return Checkpoint(key=job.key("out", str(found["key"])), sha256=str(found["sha256"]))
