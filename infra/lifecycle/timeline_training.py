"""How trainings on the stack ended: the last word of each attempt, which its instance leaves in the bucket."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from infra.costs.errors import InputError
from infra.lifecycle.aws import Account
from infra.lifecycle.timeline_types import Event, Found, Period, Sign, said, utc
from infra.lifecycle.training_store import Store
from infra.lifecycle.training_types import Outcome
from infra.naming import TRAINING_FOLDER, Names

LAST_WORD: Final = re.compile(rf"{TRAINING_FOLDER}(?P<job>[^/]+)/out/(?P<attempt>\d+)/status\.json")


def trainings(account: Account, names: Names, period: Period) -> Found:
    """Every attempt at a training that ended in the period; raises AccountError."""
    prefix = names.bucket_prefix("artifacts")
    buckets = [row["Name"] for row in account.pages("s3", "list_buckets", "Buckets") if row["Name"].startswith(prefix)]
    events = [event for bucket in buckets for event in _ended(Store(account=account, bucket=bucket), period)]
    return Found(events=tuple(events))


def _ended(store: Store, period: Period) -> Iterator[Event]:
    rows = store.account.pages("s3", "list_objects_v2", "Contents", Bucket=store.bucket, Prefix=TRAINING_FOLDER)
    for row in rows:
        at, found = utc(row["LastModified"]), LAST_WORD.fullmatch(row["Key"])
        if found and period.holds(at):
            yield _event(store, row["Key"], f"training {said(found['job'])}", found["attempt"], at)


def _event(store: Store, key: str, where: str, attempt: str, at: datetime) -> Event:
    try:
        outcome = Outcome.read(store.read(key))
    except InputError as error:
        # That it cannot be read says nothing of how it ended.
        return Event(at=at, where=where, what=f"attempt {attempt}: {said(str(error))}", kind="training")
    code = "" if outcome.exit_code is None else f", exit code {outcome.exit_code}"
    reason = f": {said(outcome.reason)}" if outcome.reason else ""
    sign: Sign = "good" if outcome.has_result else "bad"
    what = f"attempt {attempt} ended after {outcome.seconds} s: {said(outcome.ended)}{code}{reason}"
    return Event(at=at, where=where, what=what, kind="training", sign=sign)
