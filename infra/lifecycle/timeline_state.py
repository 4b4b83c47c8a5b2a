"""What was deployed when, from the history that Pulumi keeps beside a stack's state."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.lifecycle import engine
from infra.lifecycle.timeline_types import Event, Found, Period, Sign, said, utc
from infra.lifecycle.workspace import Workspace

if TYPE_CHECKING:
    from pulumi.automation import UpdateSummary

MOST: Final = 50
FAILED: Final = "failed"
GOING: Final = "in-progress"


def deployments(name: str, project: Path, period: Period) -> Found:
    """The updates of the period, the newest 50 at most; raises InputError where CLI, backend or stack do not answer."""
    stack = Workspace.open(name, project, install=False).stack
    updates = engine.run(stack, lambda: stack.history(page_size=MOST, show_secrets=False))
    events = [event for update in updates for event in _events(update) if period.holds(event.at)]
    more = len(updates) == MOST and utc(updates[-1].start_time) > period.since
    return Found(events=tuple(events), notes=(f"only the newest {MOST} deployments are shown",) if more else ())


def _events(update: "UpdateSummary") -> list[Event]:
    where, began = f"pulumi {said(update.kind)}", utc(update.start_time)
    if update.result == GOING or not _ended(update.end_time):
        return [Event(at=began, where=where, what="began, and has not ended", kind="deployment")]
    counts = {engine.op_name(op): count for op, count in (update.resource_changes or {}).items()}
    done = engine.done_of(counts)
    sign: Sign = "bad" if update.result == FAILED else ""
    what = f"{said(update.result)}{f': {done}' if done else ''}"
    return [
        Event(at=began, where=where, what="began", kind="deployment"),
        Event(at=utc(update.end_time or began), where=where, what=what, kind="deployment", sign=sign),
    ]


def _ended(moment: datetime | None) -> bool:
    """The engine writes the beginning of the epoch where an update has not ended."""
    return moment is not None and moment.year > 1970
