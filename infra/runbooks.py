"""Runbooks of the alarms: parts of docs/operations.md, one by alarm, found by the alarm's name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.costs.errors import InputError
from infra.costs.names import nearest

PAGE: Final = "docs/operations.md"
SHIPPED: Final = Path(__file__).resolve().parents[1] / PAGE
HEADING: Final = re.compile(r"^### Alarm: (?P<label>[a-z0-9-]+)$", re.MULTILINE)
NEXT_PART: Final = re.compile(r"^#{1,3} ", re.MULTILINE)
# Alarms that are a part or a version of another: a window of a burn rate, the canary's own rollback.
PART: Final = re.compile(r"-(\d+(m|h)|canary)$")


@dataclass(frozen=True, kw_only=True)
class Runbook:
    """What to know and do when one alarm fires; `summary` is its first sentence, `text` all of it."""

    label: str
    summary: str
    text: str


def link(label: str) -> str:
    """Where an alarm's runbook stands, for the alarm's own description."""
    return f"{PAGE}#alarm-{label}"


def described(says: str, label: str) -> str:
    """An alarm's description: what it says, and where its runbook stands."""
    return f"{says}. Runbook: {link(label)}"


def read(page: Path = SHIPPED) -> dict[str, Runbook]:
    """Every runbook by its alarm's label, in the order of the page; raises InputError where there is no page."""
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(str(page), f"cannot be read ({reason})", "run this from the project's own folder") from None
    return {match["label"]: _runbook(match["label"], text[match.end() :]) for match in HEADING.finditer(text)}


def find(name: str, runbooks: Mapping[str, Runbook], prefix: str = "") -> Runbook:
    """The runbook of an alarm by its label or its whole name; raises InputError with what may have been meant.

    `prefix` is what a stack puts before the label (`breakeven-dev-`); without one any that ends in a label will do.
    """
    wanted = name.strip().lower().removeprefix(prefix.lower())
    for label in (wanted, PART.sub("", wanted)):
        if label in runbooks:
            return runbooks[label]
        ends = [known for known in runbooks if not prefix and label.endswith(f"-{known}") and label.count("-") > 1]
        if ends:
            return runbooks[max(ends, key=len)]
    raise InputError(
        f"alarm {name}", f"it has no runbook{nearest(wanted, runbooks)}", "see breakeven explain-alarm for all of them"
    )


def _runbook(label: str, rest: str) -> Runbook:
    end = NEXT_PART.search(rest)
    text = rest[: end.start() if end else None].strip()
    first = " ".join(text.partition("\n\n")[0].split())
    return Runbook(label=label, summary=re.split(r"[.:;] ", first)[0].rstrip(".:"), text=text)
