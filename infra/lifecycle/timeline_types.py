"""What a timeline is made of: a period, events with their place, and what is known of failed requests."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from infra.costs.errors import InputError
from infra.naming import CANARY, Names

Kind = Literal["alarm", "scaling", "refresh", "instance", "log", "failed", "deployment", "training"]
Sign = Literal["bad", "good", ""]
AGO: Final = re.compile(r"(\d{1,6})([smhd])")
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SHAPES: Final = "write 90m, 2h or 3d (so long ago), or a time in UTC such as 2026-11-28T21:00"
MOST_CHARACTERS: Final = 300


@dataclass(frozen=True, kw_only=True)
class Period:
    """The time looked at, both ends in UTC and included; `now` is when it was asked."""

    since: datetime
    until: datetime
    now: datetime

    @classmethod
    def of(cls, since: str, until: str, now: datetime) -> "Period":
        """From the command line's words; raises InputError."""
        period = cls(since=_moment("--since", since, now), until=_moment("--until", until, now), now=now)
        if period.since >= period.until:
            reason = f"{period.since:%Y-%m-%d %H:%M} is not before the end, {period.until:%Y-%m-%d %H:%M}"
            raise InputError(f"--since {since}", reason, SHAPES)
        return period

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies within."""
        return self.since <= moment <= self.until

    @property
    def milliseconds(self) -> tuple[int, int]:
        """Both ends as CloudWatch Logs counts them."""
        return int(self.since.timestamp() * 1000), int(self.until.timestamp() * 1000)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line: when (UTC), where, what. `bad` is a sign of trouble, `good` one of its end; `count` of failures."""

    at: datetime
    where: str
    what: str
    kind: Kind
    sign: Sign = ""
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Fired:
    """An alarm that was on: since when, and until when (None: it still was at the end of the period)."""

    name: str
    since: datetime
    until: datetime | None
    before: bool = False
    """Whether it was on before the period began."""

    @property
    def seconds(self) -> float | None:
        """How long it was on; None while it is, or where its beginning is not known."""
        return None if self.until is None or self.before else (self.until - self.since).total_seconds()


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Requests that the entry answered with 5xx in the period, and from what that is known."""

    count: int
    source: str
    at_least: bool = False


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one source has of a period; `notes` say what it cannot tell."""

    events: tuple[Event, ...] = ()
    fired: tuple[Fired, ...] = ()
    failed: Failed | None = None
    notes: tuple[str, ...] = ()


def groups_of(names: Names) -> tuple[str, ...]:
    """The groups of a stack by name: the fleet, and the canary's."""
    return names.group(), names.group(CANARY)


def said(text: str) -> str:
    """A text of AWS's or of a log in one printable line, cut where it says too much."""
    line = " ".join(text.split())
    plain = "".join(c if c.isprintable() else "?" for c in line)
    return plain if len(plain) <= MOST_CHARACTERS else f"{plain[: MOST_CHARACTERS - 2]}.."


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; without a zone it is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def of_milliseconds(moment: int) -> datetime:
    """A moment as CloudWatch Logs counts it."""
    return datetime.fromtimestamp(moment / 1000, UTC)


def repeated(events: Iterable[Event]) -> Iterator[Event]:
    """Events in order; the same said again and again at the same place is one, with how often and until when."""
    held: list[Event] = []
    for event in events:
        if held and (held[0].where, held[0].what, held[0].sign) != (event.where, event.what, event.sign):
            yield _together(held)
            held = []
        held.append(event)
    if held:
        yield _together(held)


def _together(same: list[Event]) -> Event:
    first = same[0]
    if len(same) == 1:
        return first
    what = f"{first.what} ({len(same)} times until {same[-1].at:%H:%M:%S})"
    return Event(at=first.at, where=first.where, what=what, kind=first.kind, sign=first.sign)


def _moment(option: str, text: str, now: datetime) -> datetime:
    ago = AGO.fullmatch(text.strip())
    if text.strip() == "now":
        return now
    try:
        return now - timedelta(**{UNITS[ago[2]]: int(ago[1])}) if ago else utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise InputError(f"{option} {text}", "neither so long ago nor a time", SHAPES) from None
