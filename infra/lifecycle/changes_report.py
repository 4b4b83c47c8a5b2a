"""What a change adds to the bill, written for a terminal, a pull request or a program. Nothing here prints."""

import json
from collections.abc import Iterator
from fractions import Fraction
from textwrap import wrap
from typing import Any, Final

from infra.costs.estimate import CURRENCY
from infra.costs.items import CASES, Cases
from infra.costs.reports.markdown import code, row_as_is, safe
from infra.costs.reports.words import exact, money
from infra.lifecycle.changes import Change, Changes

COLUMNS: Final = 80
SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}
NUMBER: Final = 12


def as_text(changes: Changes, title: str) -> str:
    """At most 80 columns; figures are what is added to the bill, signed."""
    return "\n".join(_text_lines(changes, title)) + "\n"


def as_markdown(changes: Changes, title: str) -> str:
    """GitHub-flavoured markdown for a pull request."""
    return "\n".join(_markdown_lines(changes, title)) + "\n"


def as_json(changes: Changes) -> str:
    """Every number a string in plain digits."""
    return json.dumps(as_document(changes), indent=2, ensure_ascii=False) + "\n"


def as_document(changes: Changes) -> dict[str, Any]:
    """The same as JSON's own types."""
    return {
        "currency": CURRENCY,
        "before": _exact(changes.before),
        "after": _exact(changes.after),
        "delta": _exact(changes.delta),
        "changes": [_row(row) for row in changes.rows],
        "added_without_cost": changes.added_free,
        "removed_without_cost": changes.removed_free,
        "not_priced": [{"resource": r.resource.name, "reason": r.reason} for r in changes.not_priced],
    }


def _text_lines(changes: Changes, title: str) -> Iterator[str]:
    yield from wrap(f"breakeven diff    {title}", COLUMNS)
    yield ""
    yield _line("Added to the bill, USD a month", CASES)
    for row in changes.rows:
        yield _line(f"{SIGNS[row.kind]} {_where(row)}", signed(row.delta))
    yield _line("Change", signed(changes.delta))
    yield _line("Before", _plain(changes.before))
    yield _line("After", _plain(changes.after))
    yield ""
    yield from wrap(rest(changes), COLUMNS)
    for reason in changes.not_priced:
        yield from wrap(f"Not priced: {reason.resource.name}: {reason.reason}", COLUMNS, subsequent_indent="  ")


def _markdown_lines(changes: Changes, title: str) -> Iterator[str]:
    yield f"## breakeven diff: {safe(title)}"
    yield ""
    yield from rows(changes)
    yield ""
    yield rest(changes)


def rows(changes: Changes) -> Iterator[str]:
    """The table of resources, and below it what has no price, as markdown."""
    yield f"| added to the bill, {CURRENCY} a month | part | low | expected | high |"
    yield "|---|---|---:|---:|---:|"
    for row in changes.rows:
        yield row_as_is(f"{row.kind} {code(row.name)}", row.component, *signed(row.delta))
    yield row_as_is("**Change**", "", *(f"**{text}**" for text in signed(changes.delta)))
    yield row_as_is("Before", "", *_plain(changes.before))
    yield row_as_is("After", "", *_plain(changes.after))
    if changes.not_priced:
        yield ""
    for reason in changes.not_priced:
        yield f"- not priced: {code(reason.resource.name)}: {safe(reason.reason)}"


def rest(changes: Changes) -> str:
    """How many resources change the bill, how many cost nothing, how many have no price."""
    differing = f"{len(changes.rows)} resources change the bill" if changes.rows else "Nothing changes the bill"
    free = f"{changes.added_free} added and {changes.removed_free} removed cost nothing"
    return f"{differing}; {free}. Not priced: {len(changes.not_priced)}."


def _where(row: Change) -> str:
    return f"{row.component}/{row.name}" if row.component else row.name


def _line(text: str, numbers: tuple[str, ...]) -> str:
    room = COLUMNS - NUMBER * len(numbers)
    shown = text if len(text) < room else f"{text[: room - 3]}.."
    return f"{shown:<{room}}" + "".join(f"{number:>{NUMBER}}" for number in numbers)


def signed(values: Cases[Fraction]) -> tuple[str, ...]:
    """With a plus sign for what costs more; what rounds to nothing has no sign."""
    texts = (money(values[case]) for case in CASES)
    return tuple("0.00" if t == "-0.00" else t if t.startswith("-") or t == "0.00" else f"+{t}" for t in texts)


def _plain(values: Cases[Fraction]) -> tuple[str, ...]:
    return tuple(money(values[case]) for case in CASES)


def _exact(values: Cases[Fraction]) -> dict[str, str]:
    return {case: exact(values[case]) for case in CASES}


def _row(row: Change) -> dict[str, Any]:
    return {
        "resource": row.name,
        "type": row.type,
        "part": row.component,
        "kind": row.kind,
        "before": _exact(row.before),
        "after": _exact(row.after),
        "delta": _exact(row.delta),
    }
