"""What the stack's logs say: the nodes' own lines, and requests that the entry answered with 5xx."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from infra.lifecycle.aws import Account, code_of
from infra.lifecycle.errors import AccountError
from infra.lifecycle.timeline_alarms import failed_by_metric
from infra.lifecycle.timeline_types import Event, Failed, Found, Period, Sign, of_milliseconds, repeated, said
from infra.naming import Names

MOST_LINES: Final = 1_000
MOST_FAILURES: Final = 10_000
ABSENT: Final = "ResourceNotFoundException"
# A node's log has no levels. These are the beginnings of what serving/node says when something is the matter, and
# when it is over; a test holds them against its sources.
BAD_LINES: Final = (
    "the server is lost",
    "an interruption is likely",
    "EC2 takes this spot instance back",
    "model server: ",
    "documents: the worker ended",
    "documents: the worker did not end in time",
    "documents: the worker cannot be started",
)
BAD_PARTS: Final = ("requests were still in flight after",)
GOOD_LINES: Final = ("ready after", "drained and stopped", "documents: drained and stopped")
SERVER_ERROR: Final = re.compile(r"5\d\d")


def nodes(account: Account, names: Names, period: Period) -> Found:
    """Every line of the nodes' log in the period; raises AccountError."""
    group = names.log_group("node")
    try:
        rows = list(islice(_lines(account, group, period), MOST_LINES + 1))
    except AccountError as error:
        if code_of(error) == ABSENT:
            return Found(notes=(f"no log group {group}: what nodes said is not known",))
        raise
    notes = (f"{group} has more than {MOST_LINES:,} lines; look at a shorter time",) if len(rows) > MOST_LINES else ()
    # By stream, so that what one node repeats stands together whatever others say meanwhile.
    ordered = sorted(rows[:MOST_LINES], key=lambda row: (row["logStreamName"], row["timestamp"]))
    return Found(events=tuple(repeated(map(_line, ordered))), notes=notes)


def failures(account: Account, names: Names, period: Period) -> Found:
    """Requests answered with 5xx by the access log, else by the metric that an alarm watches; raises AccountError.

    Of a line only the status and the time are read; it holds callers' addresses, and no bodies.
    """
    # In CloudWatch's filter syntax a star stands for the rest of a text.
    wanted = _lines(account, names.log_group("access"), period, filterPattern='{ $.status = "5*" }')
    try:
        rows = list(islice(wanted, MOST_FAILURES + 1))
    except AccountError as error:
        if code_of(error) == ABSENT:
            return failed_by_metric(account, names, period)
        raise
    at_least = len(rows) > MOST_FAILURES
    answers = [(of_milliseconds(row["timestamp"]), _status(row["message"])) for row in rows[:MOST_FAILURES]]
    failed = [(at, status) for at, status in answers if status]
    return Found(
        events=tuple(_by_minute(failed)), failed=Failed(count=len(failed), source="the access log", at_least=at_least)
    )


def _lines(account: Account, group: str, period: Period, **more: str) -> Iterator[Mapping[str, Any]]:
    start, end = period.milliseconds
    yield from account.pages(
        "logs", "filter_log_events", "events", logGroupName=group, startTime=start, endTime=end, **more
    )


def _line(row: Mapping[str, Any]) -> Event:
    at, text = of_milliseconds(row["timestamp"]), said(row["message"])
    return Event(at=at, where=said(row["logStreamName"]), what=text, kind="log", sign=sign_of(text))


def sign_of(line: str) -> Sign:
    """Whether a node's line tells of trouble, or of its end."""
    if line.startswith(BAD_LINES) or any(part in line for part in BAD_PARTS):
        return "bad"
    return "good" if line.startswith(GOOD_LINES) else ""


def _status(message: str) -> str:
    """The status of a line of the access log, where it is 5xx."""
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return ""
    status = str(found.get("status", "")) if isinstance(found, Mapping) else ""
    return status if SERVER_ERROR.fullmatch(status) else ""


def _by_minute(failed: list[tuple[datetime, str]]) -> Iterator[Event]:
    counts: Counter[tuple[datetime, str]] = Counter()
    first: dict[tuple[datetime, str], datetime] = {}
    for at, status in sorted(failed):
        key = (at.replace(second=0, microsecond=0), status)
        counts[key] += 1
        first.setdefault(key, at)
    for key, count in counts.items():
        what = f"{count:,} request{'' if count == 1 else 's'} answered with {key[1]} in this minute"
        yield Event(at=first[key], where="entry", what=what, kind="failed", sign="bad", count=count)
