"""What somebody who has to decide knows: the task, its volume, its rules and the people, as one flat set of values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.numbers import LARGEST, number
from infra.costs.people import salaries
from infra.costs.prices import read_toml
from infra.costs.workload import Workload

UNITS: Final = {
    "image-labels": "images",
    "sentiment": "texts",
    "document-text": "pages",
    "text-generation": "requests",
    "custom": "units",
}
"""The unit of volume each task is counted in."""
YES: Final = ("yes", "true", "y")
NO: Final = ("no", "false", "n")


def _is(
    default: Any,
    about: str,
    *,
    one_of: tuple[str, ...] = (),
    low: int | None = 0,
    high: int | Decimal = LARGEST,
    asked: bool = False,
) -> Any:
    """A value: default, meaning with unit, what is allowed, and whether a terminal is asked for it."""
    meta = {"about": about, "one_of": one_of, "low": low, "high": high, "asked": asked}
    return field(default=default, metadata=meta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything `decide` starts from. Amounts are USD, volumes units of the task a month; 0 means "not stated"."""

    task: str = _is("image-labels", "what the predictions are", one_of=tuple(UNITS), asked=True)
    volume_per_month: Decimal = _is(Decimal(2_000_000), "units a month", asked=True)
    growth_per_month: Decimal = _is(Decimal(0), "growth from month to month (0.03: 3 %)", high=1, asked=True)
    peak_to_average: Decimal = _is(Decimal(3), "busiest minute over the average one", low=1, asked=True)
    hours_open_per_day: Decimal = _is(Decimal(24), "hours a day in which requests come", low=None, high=24, asked=True)
    burst_hours_per_day: Decimal = _is(Decimal(1), "hours a day at the peak", high=24)
    idle_share: Decimal = _is(Decimal(0), "share of the open hours in which nobody calls", high=1, asked=True)
    latency_ms: Decimal = _is(Decimal(1000), "slowest answer accepted (p99), ms; 0: minutes are fine", asked=True)
    api_round_trip_ms: Decimal = _is(Decimal(30), "ms to a managed API and back, before it works (assumed)")
    data_may_leave: str = _is(
        "yes",
        "may data go to an API: yes; vetted: to vendors that neither keep it nor train on it; no",
        one_of=("yes", "vetted", "no"),
        asked=True,
    )
    retention_days: Decimal = _is(Decimal(0), "days a vetted vendor may keep data")
    opt_out: bool = _is(False, "whether the vendors' opt-out from training will be used")
    region: str = _is(
        "", "where data must stay: a region (eu-central-1) or the start of its name (eu); empty: anywhere"
    )
    customisation: str = _is(
        "none",
        "what must be adapted: none; fine-tune: to own labels; full-control: of architecture and parameters",
        one_of=("none", "fine-tune", "full-control"),
        asked=True,
    )
    fine_tunings_per_year: Decimal = _is(Decimal(0), "trainings a year")
    labelled_examples: Decimal = _is(Decimal(0), "examples labelled for one training, on either side")
    engineers: Decimal = _is(Decimal(2), "people who can run it; 0: nobody", asked=True)
    people_share: Decimal = _is(Decimal("0.10"), "part of each one's time it takes", high=1, asked=True)
    api_share: Decimal = _is(Decimal("0.02"), "the same where an API is used instead (assumed)", high=1)
    salary_region: str = _is("us", "where they are paid: us, europe", asked=True)
    salary_per_year: Decimal = _is(Decimal(0), "USD a year for one; 0: that of the region")
    security_expert: bool = _is(False, "whether one of them is a security expert")
    importance: str = _is(
        "supporting", "main business, or a supporting feature", one_of=("main", "supporting"), asked=True
    )
    availability_percent: Decimal = _is(
        Decimal(0), "availability that must be promised, such as 99.9", high=100, asked=True
    )
    response_hours: Decimal = _is(Decimal(0), "hours within which somebody must be at work on a failure", asked=True)
    repair: str = _is("own", "who repairs it: own people, or someone else", one_of=("own", "someone-else"), asked=True)
    support_per_month: Decimal = _is(Decimal(0), "USD a month for a support contract on what is hosted")
    budget_per_month: Decimal = _is(Decimal(0), "USD a month that may be spent, people included", asked=True)
    tried: str = _is(
        "untried",
        "how far the API was tried: untried; works; too-expensive; poor: its quality; poor-after-data: also with "
        "better data; poor-after-provider: the provider could not help; model-works: an own model does it in trials",
        one_of=(
            "untried",
            "works",
            "too-expensive",
            "poor",
            "poor-after-data",
            "poor-after-provider",
            "model-works",
        ),
        asked=True,
    )
    utilisation: Decimal = _is(Decimal("0.7"), "share of an instance's rate to plan with", low=None, high=1)
    rate_per_second: Decimal = _is(Decimal(0), "units a second of one instance, where no table has the model's")
    rate_factor: Decimal = _is(Decimal(1), "times the rate of the capacity table", low=None)
    spot_share: Decimal | None = _is(
        None, "spot above the on-demand base, whole per cent (0.35); not given: the stack's", high=1
    )
    api_discount: Decimal = _is(Decimal(0), "discount on the API's list price (0.2: 20 %)", high=1)

    @property
    def unit(self) -> str:
        """What the volume counts."""
        return UNITS[self.task]

    @property
    def salary(self) -> Decimal:
        """USD a year for one person."""
        return self.salary_per_year or salaries()[self.salary_region].per_year

    @property
    def has_people(self) -> bool:
        """Whether anybody has any time for it."""
        return bool(self.engineers * self.people_share)

    @classmethod
    def read(cls, path: Path, base: "Situation | None" = None) -> "Situation":
        """Read a TOML file over `base`; raises InputError naming the key, the value and what is allowed."""
        values = {}
        for key, raw in read_toml(path).items():
            thing = f"{path} {key}"
            _rule(thing, key)
            if not isinstance(raw, bool | int | Decimal | str):
                raise InputError(thing, "not a plain value", "write key = value, without sections")
            values[key] = parsed(thing, key, raw)
        return replace(base or cls(), **values)

    @classmethod
    def of(cls, workload: Workload) -> "Situation":
        """The defaults with what a workload says in their place."""
        volume, owned, people = workload.volume, workload.ownership, workload.people
        task = next((task for task, unit in UNITS.items() if unit == volume.unit), "image-labels")
        return cls(
            task=task,
            volume_per_month=volume.per_month,
            growth_per_month=owned.growth_per_month,
            peak_to_average=volume.peak_to_average,
            hours_open_per_day=volume.hours_open_per_day,
            burst_hours_per_day=owned.burst_hours_per_day,
            idle_share=owned.idle_share,
            fine_tunings_per_year=owned.fine_tunings_per_year,
            labelled_examples=owned.labelled_examples,
            engineers=people.engineers,
            people_share=people.share,
            api_share=people.api_share,
            salary_region=people.region,
            salary_per_year=people.salary_per_year,
            support_per_month=owned.support_per_month,
            utilisation=workload.serving.utilisation,
        )


def about() -> Mapping[str, Mapping[str, Any]]:
    """Every value by name: `default`, `about`, `one_of`, `low`, `high`, `asked`."""
    return {f.name: {"default": f.default, **f.metadata} for f in fields(Situation)}


def parsed(thing: str, key: str, raw: Any) -> Any:
    """A raw value, a text of the command line or of a file, as the situation holds it; raises InputError."""
    rule = _rule(thing, key)
    if isinstance(rule["default"], bool):
        return _flag(thing, raw)
    if isinstance(rule["default"], Decimal) or rule["default"] is None:
        return _number(thing, raw, rule["low"], rule["high"])
    text = raw.strip() if isinstance(raw, str) else str(raw)
    known = tuple(salaries()) if key == "salary_region" else rule["one_of"]
    if known and text not in known:
        raise InputError(thing, f"{text!r} is unknown{nearest(text, known)}", f"use one of {', '.join(known)}")
    return text


def _rule(thing: str, key: str) -> Mapping[str, Any]:
    known = about()
    if key not in known:
        raise InputError(thing, f"unknown key{nearest(key, known)}", f"known: {', '.join(known)}")
    return known[key]


def _flag(thing: str, raw: Any) -> bool:
    text = str(raw).strip().lower()
    if text not in YES + NO:
        raise InputError(thing, f"{raw!r} is neither yes nor no", "write yes or no (in a file true or false)")
    return text in YES


def _number(thing: str, raw: Any, low: int | None, high: int | Decimal) -> Decimal:
    text = raw.replace(",", "").replace("_", "").lstrip("$") if isinstance(raw, str) else raw
    value = number(text, thing)
    if value > high or value < (low or 0) or (low is None and not value):
        least = "above 0" if low is None else f"from {low}"
        raise InputError(thing, f"{raw} is out of range", f"give a number {least} up to {Decimal(high):,}")
    return value
