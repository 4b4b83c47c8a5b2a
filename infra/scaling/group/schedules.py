"""When scheduled actions happen: cron expressions in their time zones, as seconds from the start of a run."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from infra.costs.errors import InputError
from infra.scaling.group.settings import Schedule


def occurrences(schedule: Schedule, start: datetime, seconds: float) -> Iterator[float]:
    """Each time the action is due within the run; raises InputError for what is no cron expression or time zone."""
    from cronsim import CronSim, CronSimError

    try:
        zone = ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reason = f"{schedule.time_zone!r} is no time zone"
        raise InputError(f"schedule {schedule.name}", reason, "use a name such as Europe/Berlin or Etc/UTC") from None
    end = start + timedelta(seconds=seconds)
    try:
        # Just before the start, so that an action at the very start is not missed.
        for when in CronSim(schedule.recurrence, start.astimezone(zone) - timedelta(seconds=1)):
            if when >= end:
                return
            yield (when - start).total_seconds()
    except CronSimError:
        reason = f"{schedule.recurrence!r} is no cron expression"
        raise InputError(f"schedule {schedule.name}", reason, 'write five fields, such as "0 7 * * MON-FRI"') from None


def bounds_at_start(schedules: tuple[Schedule, ...], start: datetime, minimum: int, maximum: int) -> tuple[int, int]:
    """The bounds a group has when the run begins: those of the action that was due last in the week before."""
    week = timedelta(days=7)
    before = start - week
    due = sorted(
        ((when, schedule) for schedule in schedules for when in occurrences(schedule, before, week.total_seconds())),
        key=lambda pair: pair[0],
    )
    for _, schedule in due:
        minimum = minimum if schedule.minimum is None else schedule.minimum
        maximum = maximum if schedule.maximum is None else schedule.maximum
    return minimum, maximum
