"""Watching an attempt: its log as it comes, how it ended, and that its instance is gone."""

import time
from collections.abc import Callable
from typing import Any, Final

from infra.costs.stack import printable
from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.engine import Say
from infra.lifecycle.errors import AccountError
from infra.lifecycle.training_store import Store
from infra.lifecycle.training_types import Job, Outcome, Submitted

PAUSE_SECONDS: Final = 15.0
QUIET_SECONDS: Final = 300.0
# Between the last word of an instance and its end; EC2 takes a minute or two.
GONE_SECONDS: Final = 300.0
# The instance ends itself at its hours; past these its own end has failed, and it is ended from here.
GRACE_SECONDS: Final = 900.0
# EC2 may not know an instance yet that it has just started.
KNOWN_SECONDS: Final = 120.0
ENDED: Final = ("shutting-down", "terminated", "stopping", "stopped")
TAKEN_BACK: Final = "Server.SpotInstance"
Clock = Callable[[], float]


def watch(
    account: Account,
    submitted: Submitted,
    say: Say,
    *,
    pause_seconds: float = PAUSE_SECONDS,
    clock: Clock = time.time,
) -> Outcome:
    """Say what the training says, a minute late at most, until it has ended; raises AccountError.

    Also sees to it that nothing is left running: an instance that does not end itself is ended.
    """
    watched = _Watched(account, submitted, say, clock)
    while True:
        watched.tell()
        outcome = watched.outcome()
        if outcome is not None:
            watched.tell()
            see_gone(account, submitted.instance_id, say, pause_seconds=pause_seconds, clock=clock)
            return outcome
        time.sleep(pause_seconds)


def status_of(store: Store, job: Job, attempt: int) -> Outcome | None:
    """What an attempt left as its last word."""
    found = store.read(job.of_attempt(attempt, "status.json"))
    return Outcome.read(found) if found else None


def see_gone(
    account: Account,
    instance_id: str,
    say: Say,
    *,
    pause_seconds: float = PAUSE_SECONDS,
    clock: Clock = time.time,
) -> None:
    """Wait until the instance is being terminated; end it where it does not do so itself."""
    limit, ended_here = clock() + GONE_SECONDS, False
    while _row(account, instance_id).get("State", {}).get("Name", "terminated") not in ("terminated", "shutting-down"):
        if clock() > limit and not ended_here:
            say(f"  {instance_id} does not end itself: ending it")
            with told(f"instance {instance_id}"):
                account.client("ec2").terminate_instances(InstanceIds=[instance_id])
            ended_here = True
        time.sleep(pause_seconds)
    say(f"  {instance_id} is gone")


class _Watched:
    """What was said already, and since when there was nothing."""

    def __init__(self, account: Account, submitted: Submitted, say: Say, clock: Clock) -> None:
        self._account, self._submitted, self._say, self._clock = account, submitted, say, clock
        self._store = Store(account=account, bucket=submitted.place.bucket)
        self._spoke, self._read = clock(), 0

    def tell(self) -> None:
        """New whole lines of the log; how long it may still run where nothing came for minutes."""
        key = self._submitted.job.of_attempt(self._submitted.attempt, "log.txt")
        content = self._store.content(key, self._read)
        whole = content[: content.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", errors="replace").splitlines():
            self._say(f"  {printable(line)}")
        now = self._clock()
        if whole:
            self._spoke = now
        elif now - self._spoke >= QUIET_SECONDS:
            self._spoke = now
            left = max(self._submitted.max_hours * 3600 - self._seconds(), 0)
            self._say(f"  nothing new; it ends itself in {left / 3600:.1f} hours at the latest")

    def outcome(self) -> Outcome | None:
        """How it ended, if it has."""
        found = self._status()
        if found:
            return found
        row = _row(self._account, self._submitted.instance_id)
        if not row and self._seconds() < KNOWN_SECONDS:
            return None
        if row.get("State", {}).get("Name", "terminated") in ENDED:
            # Its last word may have come between the two questions.
            return self._status() or _without_a_word(row)
        if self._seconds() > self._submitted.max_hours * 3600 + GRACE_SECONDS:
            return Outcome(ended="time", reason="it did not end itself at its hours")
        return None

    def _status(self) -> Outcome | None:
        return status_of(self._store, self._submitted.job, self._submitted.attempt)

    def _seconds(self) -> float:
        return self._clock() - self._submitted.began_at


def _without_a_word(row: Any) -> Outcome:
    reason = row.get("StateReason", {})
    ended = "interrupted" if str(reason.get("Code", "")).startswith(TAKEN_BACK) else "gone"
    return Outcome(ended=ended, reason=str(reason.get("Message", "")))


def _row(account: Account, instance_id: str) -> Any:
    """The instance as EC2 has it; empty where EC2 has forgotten it."""
    try:
        pages = account.pages("ec2", "describe_instances", "Reservations", InstanceIds=[instance_id])
        return next((row for page in pages for row in page["Instances"]), {})
    except AccountError as error:
        if code_of(error) == "InvalidInstanceID.NotFound":
            return {}
        raise
