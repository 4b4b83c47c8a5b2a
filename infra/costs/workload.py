"""Everything assumed about the traffic and the people, in one TOML file; the same object drives both sides."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.numbers import LARGEST, is_sane
from infra.costs.people import salaries
from infra.costs.prices import read_toml

HOURS_A_YEAR_MONTH: Final = 730
"""Hours in a twelfth of a year, the month AWS quotes prices for."""
SECONDS_IN_AN_HOUR: Final = 3_600


def _is(
    default: Any,
    about: str,
    *,
    low: int | None = 0,
    high: int | Decimal = LARGEST,
    whole: bool = False,
    known: Callable[[], Iterable[str]] | None = None,
) -> Any:
    """A workload key: default, meaning with unit, the range allowed for numbers (low None: above zero), known texts."""
    return field(default=default, metadata={"about": about, "low": low, "high": high, "whole": whole, "known": known})


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much is asked for, and when."""

    per_month: Decimal = _is(Decimal(2_000_000), "units a month")
    unit: str = _is("images", "what is counted: images, texts, pages or requests")
    peak_to_average: Decimal = _is(Decimal(3), "busiest minute over the average one; capacity must reach it", low=1)
    hours_open_per_day: Decimal = _is(Decimal(24), "hours a day in which requests come", low=None, high=24)
    hours_per_month: Decimal = _is(Decimal(HOURS_A_YEAR_MONTH), "hours billed a month (744 has 31 days)", high=744)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one request carries."""

    units: Decimal = _is(Decimal(1), "units in one request", low=None)
    kb_in: Decimal = _is(Decimal(54), "KB sent in one request")
    kb_out: Decimal = _is(Decimal(1), "KB answered to one request")
    characters: Decimal = _is(Decimal(500), "characters in one unit, where an API charges by them")
    per_connection: Decimal = _is(Decimal(10), "requests a connection carries before it closes", low=None)
    seconds: Decimal = _is(Decimal("0.2"), "seconds a request is in flight")
    features: Decimal = _is(Decimal(1), "features asked of one image, each charged by some APIs", low=1)
    tokens_in: Decimal = _is(Decimal(500), "tokens of one prompt, where an API charges by them")
    tokens_out: Decimal = _is(Decimal(200), "tokens of one answer")
    tokens_cached: Decimal = _is(Decimal(0), "share of the prompt's tokens that the API finds in its cache", high=1)
    batched: Decimal = _is(Decimal(0), "share of requests that can wait for the cheaper batch price", high=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How the model answers."""

    model: str = _is("", "folder under serving/models; empty: the one the stack names")
    utilisation: Decimal = _is(Decimal("0.7"), "share of an instance's measured rate to plan with", low=None, high=1)
    bundle_gb: Decimal = _is(Decimal(2), "GB of archive and bundle in the artifact bucket, all versions")
    kb_to_internet_per_request: Decimal = _is(Decimal("0.5"), "KB an instance sends and receives beside the request")
    gb_to_internet_per_instance: Decimal = _is(Decimal(5), "GB an instance fetches a month: updates, metrics, logs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What running it writes and sends."""

    log_bytes_per_request: Decimal = _is(Decimal(500), "bytes a request writes to a log, in each log it passes")
    flow_log_bytes_per_request: Decimal = _is(Decimal(200), "bytes a request adds to the flow log")
    kms_requests: Decimal = _is(Decimal(20_000), "calls to each key a month")
    bucket_writes: Decimal = _is(Decimal(1_000), "PUT and LIST requests to each bucket a month, beside documents")
    bucket_reads: Decimal = _is(Decimal(10_000), "GET requests to each bucket a month, beside documents")
    notifications: Decimal = _is(Decimal(100), "alarm messages a month")
    discovery_calls_per_request: Decimal = _is(Decimal(0), "Cloud Map lookups billed for one request")
    secret_reads: Decimal = _is(Decimal(1_000), "reads of each secret a month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Documents that come in through the bucket and the queue."""

    per_month: Decimal = _is(Decimal(10_000), "documents a month, where the stack takes any in")
    kb_each: Decimal = _is(Decimal(500), "KB of one document")
    days_kept: Decimal = _is(Decimal(30), "days a document stays in the bucket")
    pages_each: Decimal = _is(Decimal(3), "pages of one document", low=None)
    characters_each: Decimal = _is(Decimal(6_000), "characters of one document")
    scanned: Decimal = _is(Decimal("0.3"), "share of pages that hold no text and need OCR", high=1)
    vcpu_seconds_per_page: Decimal = _is(Decimal("0.2"), "seconds of one vCPU for a page that holds its text")
    vcpu_seconds_per_scan: Decimal = _is(Decimal(5), "seconds of one vCPU for a page that needs OCR")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who runs it, and for what part of their time."""

    engineers: Decimal = _is(Decimal(2), "people who share the work")
    share: Decimal = _is(Decimal("0.10"), "part of each one's time the service takes", high=1)
    api_share: Decimal = _is(Decimal("0.02"), "part of each one's time that using an API takes (assumed)", high=1)
    region: str = _is("us", "where they are paid: a region of people.toml", known=salaries)
    salary_per_year: Decimal = _is(Decimal(0), "USD a year for one; 0: that of the region")

    @property
    def salary(self) -> Decimal:
        """USD a year for one: stated, else the region's."""
        return self.salary_per_year or salaries()[self.region].per_year

    @property
    def per_month(self) -> Decimal:
        """USD a month for the time spent."""
        return self.engineers * self.share * self.salary / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What owning the service costs beside the monthly bill, over its life."""

    months: Decimal = _is(Decimal(36), "months looked at", low=1, high=120, whole=True)
    growth_per_month: Decimal = _is(Decimal(0), "growth of the volume from month to month (0.03: 3 %)", high=1)
    build_engineer_months: Decimal = _is(Decimal(6), "engineer-months to build by hand what the toolkit holds")
    toolkit_saves: Decimal = _is(Decimal("0.75"), "part of that work the toolkit takes away (assumed)", high=1)
    amortised_months: Decimal = _is(Decimal(36), "months over which what is paid once is spread", low=1, high=120)
    on_call_hours: Decimal = _is(Decimal(8), "hours a month in which somebody is called, beside people.share", high=744)
    support_per_month: Decimal = _is(Decimal(0), "USD a month for a support plan of the cloud")
    model_per_month: Decimal = _is(Decimal(0), "USD a month for a model's licence; open-source models cost nothing")
    fine_tunings_per_year: Decimal = _is(Decimal(0), "trainings a year")
    fine_tuning_hours: Decimal = _is(Decimal(4), "hours of one instance a training takes")
    labelled_examples: Decimal = _is(Decimal(0), "examples labelled for a training, on either side")
    usd_per_label: Decimal = _is(Decimal("0.08"), "USD to label one example (assumed)")
    burst_hours_per_day: Decimal = _is(Decimal(1), "hours a day at the peak, the rest of the open hours below", high=24)
    idle_share: Decimal = _is(Decimal(0), "share of the open hours in which nobody calls at all", high=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Who repairs it and how soon, what an outage costs, and what is agreed with the vendor of an API."""

    on_call_usd_per_hour: Decimal = _is(Decimal(0), "USD for an hour of being called; 0: the salary / 2,080 hours")
    incidents_per_year: Decimal = _is(Decimal(4), "outages of one's own service a year (assumed)", high=8_760)
    hours_to_detect: Decimal = _is(Decimal("0.5"), "from the failure until somebody works on it (assumed)", high=744)
    hours_to_repair: Decimal = _is(Decimal("3.5"), "from then until it works again (assumed)", high=744)
    outage_usd_per_hour: Decimal = _is(Decimal(0), "USD an hour of outage costs; 0: not stated, and not counted")
    contract_hours_to_repair: Decimal = _is(
        Decimal(0), "hours in which a contract with the vendor repairs (6 in the article); 0: no contract", high=744
    )
    vendor_plan_usd_per_month: Decimal = _is(Decimal(0), "USD a month for a support plan of the API's vendor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How a group of instances behaves where nobody has measured it: what `simulate` and `plan` assume."""

    start_seconds: Decimal = _is(Decimal(40), "from the launch of an instance until its system runs (assumed)")
    install_seconds: Decimal = _is(Decimal(60), "to fetch and unpack bundle and archive (assumed)")
    load_seconds: Decimal = _is(Decimal(20), "until the model answers (assumed; 3 to 9 measured here on a CPU)")
    interruptions_per_month: Decimal = _is(Decimal("0.05"), "share of spot instances taken back in a month (assumed)")
    failures_per_month: Decimal = _is(Decimal("0.01"), "share of instances that break in a month (assumed)")
    metric_delay_seconds: Decimal = _is(Decimal(60), "from the end of a minute until alarms see its metrics (assumed)")
    retries: Decimal = _is(Decimal(0), "times a caller asks again when it gets no answer", high=10, whole=True)
    backoff_seconds: Decimal = _is(Decimal("0.5"), "before the first of them, doubled each time", low=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """How the bill is counted."""

    free_tiers: bool = _is(False, "take off what AWS and the managed APIs give free each month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """What to compare with."""

    apis: tuple[str, ...] = _is((), "managed APIs by name; empty: the default ones of this unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """All assumptions; `capacity` holds units a second by instance type, stated in place of the model's."""

    volume: Volume = Volume()
    request: Request = Request()
    serving: Serving = Serving()
    operations: Operations = Operations()
    documents: Documents = Documents()
    people: People = People()
    ownership: Ownership = Ownership()
    support: Support = Support()
    scaling: Scaling = Scaling()
    billing: Billing = Billing()
    compare: Compare = Compare()
    capacity: tuple[tuple[str, Decimal], ...] = ()
    source: str = "defaults"

    @property
    def open_hours(self) -> Fraction:
        """Hours a month in which requests come."""
        return Fraction(self.volume.hours_per_month) * Fraction(self.volume.hours_open_per_day) / 24

    @property
    def open_seconds(self) -> Fraction:
        """Seconds a month in which requests come."""
        return self.open_hours * SECONDS_IN_AN_HOUR

    @property
    def requests_per_unit(self) -> Fraction:
        """Requests needed for one unit of volume."""
        return 1 / Fraction(self.request.units)

    def at_volume(self, per_month: Decimal) -> "Workload":
        """The same workload at another monthly volume."""
        return replace(self, volume=replace(self.volume, per_month=per_month))

    @classmethod
    def read(cls, path: Path) -> "Workload":
        """Read a workload file; raises InputError naming the key, the value and what is allowed."""
        data = read_toml(path)
        kinds = {f.name: f.default for f in fields(cls) if f.name not in ("source", "capacity")}
        for name in data:
            if name not in kinds and name != "capacity":
                known = [*kinds, "capacity"]
                raise InputError(f"{path} [{name}]", f"unknown section{nearest(name, known)}", _one_of(known))
        sections = {name: _section(path, name, type(kind), data.get(name, {})) for name, kind in kinds.items()}
        return cls(**sections, capacity=_rates(path, data.get("capacity", {})), source=str(path))


def _section(path: Path, name: str, kind: type, raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        raise InputError(f"{path} {name}", "not a section", f"write [{name}] and its keys below it")
    known = {f.name: f for f in fields(kind)}
    values = {}
    for key, value in raw.items():
        if key not in known:
            raise InputError(f"{path} [{name}] {key}", f"unknown key{nearest(key, known)}", _one_of(known))
        values[key] = _value(f"{path} [{name}] {key}", value, known[key].default, known[key].metadata)
    return kind(**values)


def _value(thing: str, value: Any, default: Any, rule: Mapping[str, Any]) -> Any:
    if isinstance(default, Decimal):
        return _number(thing, value, rule["low"], rule["high"], whole=rule["whole"])
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InputError(thing, f"{value!r} is not a list of names", 'write ["name", "name"]')
        return tuple(value)
    if type(value) is not type(default):
        kind = "true or false" if isinstance(default, bool) else "a text in quotes"
        raise InputError(thing, f"{value!r} is not {kind}", f"write {kind}")
    if rule["known"] and value not in (known := tuple(rule["known"]())):
        raise InputError(thing, f"{value!r} is unknown{nearest(value, known)}", _one_of(known))
    return value


def _number(thing: str, value: Any, low: int | None, high: int | Decimal, *, whole: bool = False) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InputError(thing, f"{value!r} is not a number", "write a number without quotes")
    number = Decimal(value)
    if not is_sane(number) or number > high or number < (low or 0) or (low is None and number == 0):
        least = "above 0" if low is None else f"from {low}"
        raise InputError(thing, f"{value} is out of range", f"give a number {least} up to {Decimal(high):,}")
    if whole and number != number.to_integral_value():
        raise InputError(thing, f"{value} is not a whole number", "give a whole number")
    return number


def _rates(path: Path, raw: Any) -> tuple[tuple[str, Decimal], ...]:
    if not isinstance(raw, Mapping):
        raise InputError(f"{path} capacity", "not a section", 'write [capacity] and below it "g4dn.xlarge" = 75')
    return tuple((name, _number(f"{path} [capacity] {name}", rate, None, LARGEST)) for name, rate in raw.items())


def _one_of(known: Any) -> str:
    return f"known: {', '.join(known)}"
