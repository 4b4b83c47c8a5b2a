"""A timeline as text of 80 columns, as markdown, and for programs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Any, Final

from infra.costs.reports.markdown import row_of, safe, table_of
from infra.lifecycle.timeline import Timeline
from infra.lifecycle.timeline_types import Event, Failed, Fired

COLUMNS: Final = 80
LABEL: Final = 14
TIME: Final = 10
WHERE: Final = 21
MARKS: Final = {"bad": "!", "good": "+", "": " "}
EMPTY: Final = "Nothing is known of this time."
FORMAT: Final = "%Y-%m-%d %H:%M:%S"


def as_text(timeline: Timeline) -> str:
    """The summary, then one line an event; `!` marks a sign of trouble, `+` of its end."""
    lines = [f"breakeven timeline    {_subject(timeline)}", _span(timeline), ""]
    for label, value in _summary(timeline):
        lines += _labelled(label, value)
    lines += ["", *_events(timeline)]
    if timeline.unseen or timeline.notes:
        lines.append("")
    for text in _missing(timeline):
        lines += wrap(text, COLUMNS, subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def as_markdown(timeline: Timeline) -> str:
    """The same as GitHub-flavoured markdown, to paste into what is written afterwards."""
    lines = [f"## breakeven timeline: {safe(_subject(timeline))}", "", _span(timeline), ""]
    lines += [f"- {label}: {safe(value)}" for label, value in _summary(timeline)]
    if timeline.events:
        lines += ["", *table_of(("UTC", "where", "what"), 3)]
        lines += [row_of((f"{event.at:{FORMAT}}", event.where, _marked(event))) for event in timeline.events]
    else:
        lines += ["", EMPTY]
    missing = list(_missing(timeline))
    lines += ["", *(f"- {safe(text)}" for text in missing)] if missing else []
    return "\n".join(lines) + "\n"


def document(timeline: Timeline) -> dict[str, Any]:
    """The same for programs: times in ISO 8601 and UTC, null for what is not known."""
    first, failed = timeline.first_sign, timeline.failed
    return {
        "project": timeline.names.project,
        "stack": timeline.names.stack,
        "region": timeline.region,
        "since": timeline.period.since.isoformat(),
        "until": timeline.period.until.isoformat(),
        "summary": {
            "first_sign": first and _row(first),
            "alarms": [_alarm(fired) for fired in timeline.fired],
            "ok_at": timeline.ok_at and timeline.ok_at.isoformat(),
            "seconds_until_ok": timeline.seconds_until_ok,
            "failed_requests": failed and {"count": failed.count, "source": failed.source, "at_least": failed.at_least},
        },
        "events": [_row(event) for event in timeline.events],
        "unseen": list(timeline.unseen),
        "notes": list(timeline.notes),
    }


def _row(event: Event) -> dict[str, str]:
    return {
        "at": event.at.isoformat(),
        "where": event.where,
        "what": event.what,
        "kind": event.kind,
        "sign": event.sign,
    }


def _alarm(fired: Fired) -> dict[str, Any]:
    return {
        "name": fired.name,
        "since": fired.since.isoformat(),
        "until": fired.until and fired.until.isoformat(),
        "seconds": fired.seconds,
        "before": fired.before,
    }


def _subject(timeline: Timeline) -> str:
    return f"{timeline.names.project}/{timeline.names.stack}, {timeline.region}"


def _span(timeline: Timeline) -> str:
    return f"{timeline.period.since:{FORMAT}} to {timeline.period.until:{FORMAT}} UTC"


def _summary(timeline: Timeline) -> Iterator[tuple[str, str]]:
    """First sign, alarms, how long until all was well, failed requests: each in words."""
    first = timeline.first_sign
    yield "First sign", f"{_at(first.at, timeline)}  {first.where}: {first.what}" if first else "none"
    for index, fired in enumerate(timeline.fired):
        yield ("" if index else "Alarms"), _fired(fired, timeline)
    if not timeline.fired:
        yield "Alarms", "none was on"
    yield "Until ok", _until_ok(timeline)
    yield "Failed", _failed(timeline.failed)


def _fired(fired: Fired, timeline: Timeline) -> str:
    began = "before this time" if fired.before else _at(fired.since, timeline)
    if fired.until is None:
        return f"{fired.name}, on since {began}, still on at the end"
    lasted = f", {lasting(fired.seconds)}" if fired.seconds is not None else ""
    return f"{fired.name}, on from {began} to {_at(fired.until, timeline)}{lasted}"


def _until_ok(timeline: Timeline) -> str:
    if timeline.still_on:
        return f"not over: {', '.join(fired.name for fired in timeline.still_on)} still on"
    if timeline.ok_at is None:
        return "not known: no alarm was on"
    if timeline.seconds_until_ok is None:
        return f"over at {_at(timeline.ok_at, timeline)}; it began before this time"
    return f"{lasting(timeline.seconds_until_ok)} after the first sign, at {_at(timeline.ok_at, timeline)}"


def _failed(failed: Failed | None) -> str:
    if failed is None:
        return "not known"
    least = "at least " if failed.at_least else ""
    return f"{least}{failed.count:,} request{'' if failed.count == 1 else 's'}, by {failed.source}"


def lasting(seconds: float | None) -> str:
    """A time span in its two largest units: 11 min 48 s."""
    left, parts = round(seconds or 0), []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        whole, left = divmod(left, size)
        if whole:
            parts.append(f"{whole} {unit}")
    return " ".join(parts[:2]) or "0 s"


def _events(timeline: Timeline) -> Iterator[str]:
    """One line an event, a heading for each further day."""
    if not timeline.events:
        yield EMPTY
    day = timeline.period.since.date()
    for event in timeline.events:
        if event.at.date() != day:
            day = event.at.date()
            yield f"{day}"
        yield from _shown(event)


def _shown(event: Event) -> Iterator[str]:
    head = f"{event.at:%H:%M:%S} {MARKS[event.sign]}"
    where = event.where if len(event.where) <= WHERE else f"{event.where[: WHERE - 2]}.."
    room = COLUMNS - TIME - WHERE - 2
    first, *rest = wrap(event.what, room) or [""]
    yield f"{head} {where:<{WHERE}} {first}".rstrip()
    for text in rest:
        yield f"{'':<{TIME + WHERE + 2}}{text}"


def _at(moment: datetime, timeline: Timeline) -> str:
    """The time, with its day where the period has more than one."""
    one_day = timeline.period.until - timeline.period.since < timedelta(days=1)
    return f"{moment:%H:%M:%S}" if one_day and moment >= timeline.period.since else f"{moment:{FORMAT}}"


def _labelled(label: str, value: str) -> list[str]:
    return wrap(value, COLUMNS, initial_indent=f"{label:<{LABEL}}", subsequent_indent=" " * LABEL)


def _missing(timeline: Timeline) -> Iterator[str]:
    yield from (f"Could not look: {reason}" for reason in timeline.unseen)
    yield from (f"Note: {note}" for note in timeline.notes)


def _marked(event: Event) -> str:
    return f"**{event.what}**" if event.sign == "bad" else event.what
