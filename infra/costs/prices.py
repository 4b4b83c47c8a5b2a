"""Prices as data: one TOML file per region and service, each price with unit, source and the date it was checked."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError, PriceError
from infra.costs.names import nearest
from infra.costs.numbers import is_sane
from infra.costs.regions import nearest_region

DATA: Final = Path(__file__).parent / "data"
GLOBAL: Final = "global"
COMPLETE: Final = "us-east-1"
"""The region whose files hold a price for everything the estimator can ask for."""
NAME: Final = re.compile(r"[a-z0-9-]{1,64}")
"""What a region's name consists of: another, from somebody's file, is no folder of ours."""
ROWS: Final = {"ec2_spot": ("spot", ("low", "high")), "ec2_reserved": ("linux", ("hourly",))}
"""Tables whose rows are more than a price, and the numbers each row needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One tier of a price: what falls below `up_to` (cumulative, in the price's unit; None: everything above)."""

    amount: Decimal
    up_to: Decimal | None
    label: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per one `unit`, in one or several tiers, where it was read and when it was last checked (None: undated)."""

    key: str
    unit: str
    tiers: tuple[Tier, ...]
    source: str
    checked: date | None
    file: str
    free: Decimal | None = None
    free_period: str = ""
    mark: str = ""

    @property
    def amount(self) -> Decimal:
        """The price per unit of the first tier."""
        return self.tiers[0].amount

    def times(self, factor: Decimal, unit: str) -> "Price":
        """The same price in another unit, `factor` times as large (an hour's price as a month's)."""
        tiers = tuple(replace(t, amount=t.amount * factor) for t in self.tiers)
        return replace(self, unit=unit, tiers=tiers)

    def as_tier(self, tier: Tier) -> "Price":
        """This price with one tier only, as a line item carries it."""
        return replace(self, tiers=(tier,), mark=tier.mark or self.mark)

    def without_free(self) -> "Price":
        """This price where its free allowance is already taken off the quantity."""
        return replace(self, free=None)


NO_PRICE: Final = Price(
    key="none", unit="", tiers=(Tier(amount=Decimal(0), up_to=None),), source="", checked=None, file=""
)
"""Stands where a price is missing; a line that carries it is never counted."""


class PriceBook:
    """The shipped prices with the user's own books laid over them; `region()` gives the prices of one region."""

    def __init__(self, overlays: tuple[Path, ...] = ()) -> None:
        self._overlays = tuple(_overlay(path) for path in overlays)
        self._regions: dict[str, RegionPrices] = {}

    def region(self, name: str) -> "RegionPrices":
        """The prices of one region; whether it has any shows when one is asked for."""
        if name not in self._regions:
            self._regions[name] = RegionPrices(name, self._overlays)
        return self._regions[name]


class RegionPrices:
    """The prices of one region, by `service.key`; files are read when first asked for."""

    def __init__(self, name: str, overlays: tuple[Mapping[str, Any], ...] = ()) -> None:
        self.name, self._overlays = name, overlays
        self._prices: dict[str, Price] = {}
        self.used: dict[str, Price] = {}

    def __getitem__(self, key: str) -> Price:
        """The price `service.key` (`network.nat_gateway_hour`); raises PriceError naming the file to edit."""
        price = self.get(key)
        if price is None:
            raise self.missing(key)
        return price

    def get(self, key: str) -> Price | None:
        """The price, or None when the data does not hold it."""
        if key not in self._prices:
            service, name = key.split(".", 1)
            found = self._lookup(service, name)
            if found is None:
                return None
            self._prices[key] = found
        self.used[key] = self._prices[key]
        return self._prices[key]

    def table(self, service: str, table: str) -> Mapping[str, Any]:
        """A table of many like prices (instance types) as the file holds it, with the overlays' rows laid over."""
        rows = dict(read_service(self.name, service).get(table, {}))
        for overlay in self._overlays:
            rows |= overlay.get(self.name, {}).get(service, {}).get(table, {})
        return rows

    def about(self, service: str) -> Mapping[str, Any]:
        """Source and date that hold for a whole service file; empty when there is no such file."""
        return read_service(self.name, service)

    def row(self, service: str, table: str, name: str, unit: str = "hour") -> Price | None:
        """One row of such a table as a price; None when it is not there."""
        amount = self.table(service, table).get(name)
        if amount is None:
            return None
        key = f"{service}.{name}"
        if key not in self._prices:
            about = self._origin(service, table, name)
            entry = amount if isinstance(amount, dict) else {"amount": amount, "unit": unit}
            self._prices[key] = _price(key, entry, about, about.get("file") or file_of(self.name, service))
        self.used[key] = self._prices[key]
        return self._prices[key]

    def missing(self, key: str, reason: str = "") -> PriceError:
        """The error for a price that is not there."""
        service, name = key.split(".", 1)
        region_known = bool(NAME.fullmatch(self.name)) and (DATA / "prices" / self.name).is_dir()
        unknown = f"no prices for region {self.name!r}{nearest_region(self.name)}"
        why = reason or (f"no such price in {self.name}" if region_known else unknown)
        return PriceError(
            f"price {name}", why, f"add it to {file_of(self.name, service)} or to a price book (--prices)"
        )

    def _lookup(self, service: str, name: str) -> Price | None:
        for overlay in reversed(self._overlays):
            entry = overlay.get(self.name, {}).get(service, {}).get(name)
            if entry is not None:
                return _price(f"{service}.{name}", entry, overlay, str(overlay["file"]))
        for region in (self.name, GLOBAL):
            data = read_service(region, service)
            if isinstance(data.get(name), dict):
                return _price(f"{service}.{name}", data[name], data, file_of(region, service))
        return None

    def _origin(self, service: str, table: str, name: str) -> Mapping[str, Any]:
        for overlay in reversed(self._overlays):
            if name in overlay.get(self.name, {}).get(service, {}).get(table, {}):
                found: Mapping[str, Any] = overlay
                return found
        return read_service(self.name, service)


def file_of(region: str, service: str) -> str:
    """The path of a price file as a message shows it."""
    return f"infra/costs/data/prices/{region}/{service}.toml"


@cache
def read_service(region: str, service: str) -> Mapping[str, Any]:
    """A shipped price file as TOML; empty when the region or the service has none."""
    path = DATA / "prices" / region / f"{service}.toml"
    return read_toml(path) if NAME.fullmatch(region) and path.is_file() else {}


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file with exact decimals; raises InputError naming the file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise InputError(str(path), "no such file", "check the path") from None
    except IsADirectoryError:
        raise InputError(str(path), "is a folder", "give a file") from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InputError(str(path), f"not readable as TOML ({error})", "mend the file") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFile:
    """A data file at a glance: how many prices, their dates, how many have no public source."""

    file: str
    count: int
    checked: tuple[date, ...]
    undated: int
    unverified: int


def price_files() -> Iterator[PriceFile]:
    """Every shipped file of prices and of facts about vendors, in order of their paths."""
    files = (path for folder in ("prices/*", "managed", "vendors") for path in DATA.glob(f"{folder}/*.toml"))
    for path in sorted(files):
        data = read_toml(path)
        rows = [row for name, entry in data.items() if isinstance(entry, dict) for row in _rows_of(entry)]
        dates = [row.get("checked", data.get("checked")) for row in rows]
        yield PriceFile(
            file=path.relative_to(DATA).as_posix(),
            count=len(rows),
            checked=tuple(sorted({found for found in dates if found})),
            undated=sum(found is None for found in dates),
            unverified=sum("mark" in row for row in rows),
        )


def _rows_of(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """One price, API or fact, or every row of a table of like prices with what the table says of itself."""
    if entry.keys() & {"amount", "tiers", "meters", "value"}:
        yield entry
        return
    about = {key: entry[key] for key in ("checked", "mark") if key in entry}
    for name, row in entry.items():
        if name not in ("checked", "mark", "source", "note"):
            yield {**about, **row} if isinstance(row, dict) else about


def _price(key: str, entry: Any, about: Mapping[str, Any], file: str) -> Price:
    entry = entry if isinstance(entry, dict) else {"amount": entry}
    free = entry.get("free") or {}
    try:
        rows = entry["tiers"] if "tiers" in entry else [{"amount": entry["amount"]}]
        checked = entry.get("checked") or about.get("checked")
        if not rows or not isinstance(entry["unit"], str) or not isinstance(checked, date | None):
            raise TypeError("tiers, unit or checked")
        return Price(
            key=key,
            unit=entry["unit"],
            tiers=tuple(tier_of(row) for row in rows),
            source=str(entry.get("source") or about["source"]),
            checked=checked,
            file=file,
            free=Decimal(free["amount"]) if free else None,
            free_period=str(free.get("period", "")),
            mark=str(entry.get("mark", "")),
        )
    except (KeyError, TypeError, ArithmeticError) as error:
        raise InputError(f"{file} [{key}]", f"missing or misplaced {error}", "see any shipped price file") from None


def tier_of(row: Mapping[str, Any]) -> Tier:
    """A tier as a data file holds it; raises KeyError, TypeError or ArithmeticError for what is none."""
    raw = row["amount"]
    if isinstance(raw, bool | list | tuple):
        raise TypeError(f"amount {raw}")
    amount = Decimal(raw)
    if not is_sane(amount) or amount < 0:
        raise ArithmeticError(f"amount {amount}")
    up_to = row.get("up_to")
    return Tier(
        amount=amount,
        up_to=None if up_to is None else Decimal(up_to),
        label=row.get("label", ""),
        mark=row.get("mark", ""),
    )


def _overlay(path: Path) -> dict[str, Any]:
    """A user's price book: `source`, `checked`, then `[region.service.key]` tables in the shipped form."""
    data = read_toml(path)
    for needed in ("source", "checked"):
        if needed not in data:
            raise InputError(str(path), f"a price book needs `{needed}` at its top", "say where and when")
    if not isinstance(data["checked"], date):
        raise InputError(f"{path} checked", "not a date", "write the day without quotes, such as 2026-11-23")
    regions = {p.name for p in (DATA / "prices").iterdir() if p.is_dir()}
    for name, value in data.items():
        if isinstance(value, dict) and name not in regions and not _looks_like_region(name):
            raise InputError(
                f"{path} [{name}]", f"not a region{nearest(name, regions)}", "name tables region.service.key"
            )
        for service, tables in value.items() if isinstance(value, dict) else ():
            _check_tables(f"{path} [{name}.{service}]", service, tables)
    return {**data, "file": str(path)}


def _check_tables(thing: str, service: str, tables: Any) -> None:
    """Refuse what is no table, and rows of instance types without the numbers that the shipped ones have."""
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise InputError(thing, "not a table", "name tables region.service.key")
    _check_names(thing, service, tables)
    table, needed = ROWS.get(service, ("", ()))
    for name, row in tables.get(table, {}).items():
        for one in row if isinstance(row, list) and service == "ec2_reserved" else [row]:
            try:
                amounts = [tier_of({"amount": one[key]}).amount for key in needed]
            except (KeyError, TypeError, ArithmeticError) as error:
                raise InputError(f"{thing} {name}", f"missing or misplaced {error}", "see the shipped file") from None
            if amounts != sorted(amounts):
                raise InputError(f"{thing} {name}", "its low is above its high", "mend the row")


def _check_names(thing: str, service: str, tables: Mapping[str, Any]) -> None:
    """Refuse a price that nothing would ever ask for: a slip of the pen would change no figure and say nothing."""
    services = {path.stem for path in (DATA / "prices").glob("*/*.toml")}
    if service not in services:
        raise InputError(thing, f"unknown service{nearest(service, services)}", f"known: {', '.join(sorted(services))}")
    known = {key for region in (COMPLETE, GLOBAL) for key in read_service(region, service)}
    for key in tables:
        if key not in known:
            near = nearest(key, known)
            raise InputError(f"{thing} {key}", f"unknown price{near}", f"see {file_of(COMPLETE, service)}")


def _looks_like_region(name: str) -> bool:
    parts = name.split("-")
    return len(parts) >= 3 and parts[-1][-1:].isdigit()
