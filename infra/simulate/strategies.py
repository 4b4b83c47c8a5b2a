"""Ways to run a group under a trace, as settings of a stack: static, tracking, scheduled, asleep, with reserves."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any

from infra.scaling.traffic import Trace

HOURS_A_DAY = 24
WEEKDAYS = (("MON-FRI", range(5)), ("SAT,SUN", (5, 6)))

Settings = Mapping[str, Any]


def bought(instance_types: list[str], *, base: int, on_demand_percent: int) -> Settings:
    """Which types, and how they are bought."""
    return {
        "instanceTypes": instance_types,
        "onDemandBase": base,
        "onDemandPercentAboveBase": on_demand_percent,
    }


def sized(minimum: int, maximum: int, utilisation: int | None = None) -> Settings:
    """The group's bounds, and the utilisation that target tracking holds."""
    target = {} if utilisation is None else {"targetUtilisationPercent": utilisation, "targetRequestsPerMinute": 0}
    return {"minSize": minimum, "maxSize": maximum, **target, "schedules": [], "warmPoolSize": 0, "scaleToZero": False}


def scheduled(trace: Trace, per_instance: float, headroom: float, least: int, most: int) -> list[dict[str, Any]]:
    """Minimum sizes by hour, one set for working days and one for weekends, from the busiest step of each hour.

    `per_instance` is what one is planned to answer a second, `headroom` what is added to the demand seen. Hours of
    like size are joined; an action comes an hour's quarter before the demand does.
    """
    sizes = {}
    for days, numbers in WEEKDAYS:
        need = [ceil(rate * (1 + headroom) / per_instance) for rate in _busiest(trace, numbers)]
        sizes[days] = _joined([min(max(size, least), most) for size in need])
    if len({size for row in sizes.values() for size in row}) == 1:
        return []
    return [
        _action(days, hour, row[hour], most, earlier=row[hour] > row[hour - 1])
        for days, row in sizes.items()
        for hour in range(HOURS_A_DAY)
        # The day before may have been one of the other set, so the first hour is always set.
        if row[hour] != row[hour - 1] or hour == 0
    ]


def _busiest(trace: Trace, numbers: range | tuple[int, ...]) -> list[float]:
    """Requests a second in the busiest step of each hour of those days (UTC)."""
    found: dict[int, float] = defaultdict(float)
    for number, count in enumerate(trace.counts):
        when = trace.start + timedelta(seconds=number * trace.step_seconds)
        if when.weekday() in numbers:
            found[when.hour] = max(found[when.hour], count / trace.step_seconds)
    return [found[hour] for hour in range(HOURS_A_DAY)]


def _joined(sizes: list[int]) -> list[int]:
    """Blocks of some hours: a shorter one takes the larger size of its neighbours, so that nothing falls short."""
    joined = list(sizes)
    for hour in range(HOURS_A_DAY):
        before, after = joined[hour - 1], joined[(hour + 1) % HOURS_A_DAY]
        if joined[hour] < before and joined[hour] < after:
            joined[hour] = min(before, after)
    return joined


def _action(days: str, hour: int, size: int, most: int, *, earlier: bool) -> dict[str, Any]:
    label = "working-days" if days == "MON-FRI" else "weekends"
    minute = 45 if earlier else 0
    at = (hour - 1) % HOURS_A_DAY if earlier else hour
    # Before midnight the day is still that of the day before; sizes of the first hour are set on time instead.
    if earlier and hour == 0:
        minute, at = 0, 0
    return {
        "name": f"{label}-{hour:02d}",
        "recurrence": f"{minute} {at} * * {days}",
        "timeZone": "Etc/UTC",
        "minSize": size,
        "maxSize": most,
    }
