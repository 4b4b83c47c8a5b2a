"""One order of time of what AWS keeps of a stack: for the hours in which something went wrong, and after them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from infra.costs.errors import CostError
from infra.lifecycle.aws import Account
from infra.lifecycle.errors import AccountError
from infra.lifecycle.timeline_alarms import alarms
from infra.lifecycle.timeline_group import activities, instances, refreshes
from infra.lifecycle.timeline_logs import failures, nodes
from infra.lifecycle.timeline_training import trainings
from infra.lifecycle.timeline_types import Event, Failed, Fired, Found, Period
from infra.naming import Names

Source = Callable[[Account, Names, Period], Found]
SOURCES: Final[tuple[Source, ...]] = (alarms, activities, refreshes, instances, nodes, failures, trainings)
Deployments = Callable[[Period], Found]


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything found, in order of time; `unseen` says where nobody could look, `notes` what is not known."""

    names: Names
    region: str
    period: Period
    events: tuple[Event, ...]
    fired: tuple[Fired, ...]
    failed: Failed | None
    unseen: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def first_sign(self) -> Event | None:
        """The earliest event that tells of trouble."""
        return next((event for event in self.events if event.sign == "bad"), None)

    @property
    def still_on(self) -> tuple[Fired, ...]:
        """Alarms that had not ended by the end of the period."""
        return tuple(fired for fired in self.fired if fired.until is None)

    @property
    def ok_at(self) -> datetime | None:
        """When the last alarm ended; None without an alarm, and while one is on."""
        ends = [fired.until for fired in self.fired if fired.until is not None]
        return max(ends) if ends and not self.still_on else None

    @property
    def seconds_until_ok(self) -> float | None:
        """From the first sign until the last alarm's end; None where either is not known."""
        if self.ok_at is None or self.first_sign is None or any(fired.before for fired in self.fired):
            return None
        return max((self.ok_at - self.first_sign.at).total_seconds(), 0)


def timeline(account: Account, names: Names, period: Period, deployments: Deployments | None = None) -> Timeline:
    """Ask every source. What may not be asked, or does not answer, is named, and the rest is shown all the same.

    Raises AccountError only where nothing of AWS answers at all.
    """
    found: list[Found] = []
    errors: list[CostError] = []
    for source in SOURCES:
        try:
            found.append(source(account, names, period))
        except AccountError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    if deployments:
        try:
            found.append(deployments(period))
        except CostError as error:
            errors.append(error)
    return _together(account.region, names, period, found, errors)


def _together(region: str, names: Names, period: Period, found: list[Found], errors: list[CostError]) -> Timeline:
    events = sorted((event for one in found for event in one.events), key=lambda event: event.at)
    fired = sorted((fired for one in found for fired in one.fired), key=lambda fired: fired.since)
    return Timeline(
        names=names,
        region=region,
        period=period,
        events=tuple(events),
        fired=tuple(fired),
        failed=next((one.failed for one in found if one.failed), None),
        unseen=tuple(dict.fromkeys(map(str, errors))),
        notes=tuple(note for one in found for note in one.notes),
    )
