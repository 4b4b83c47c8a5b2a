"""The shipped files of managed APIs, one a vendor, as objects."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from infra.costs.errors import InputError
from infra.costs.managed.api import UNITS, ManagedApi, Quota, Training
from infra.costs.managed.meters import Endpoint, Meter
from infra.costs.managed.rules import EACH_MONTH, RULES
from infra.costs.prices import DATA, read_toml, tier_of


@cache
def managed_apis() -> Mapping[str, ManagedApi]:
    """All managed APIs the data holds, by key (`rekognition_labels`)."""
    return {api.key: api for path in sorted((DATA / "managed").glob("*.toml")) for api in read_apis(path)}


def read_apis(path: Path) -> Iterator[ManagedApi]:
    """The APIs of one vendor's file; raises InputError naming the file and the API."""
    data = read_toml(path)
    for key, entry in data.items():
        if isinstance(entry, Mapping):
            try:
                yield _api(key, data["vendor"], entry)
            except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
                raise InputError(
                    f"{path} [{key}]", f"missing or misplaced {error}", "see any shipped file of managed APIs"
                ) from None


def _api(key: str, vendor: str, entry: Mapping[str, Any]) -> ManagedApi:
    if entry["task"] not in UNITS:
        raise ValueError(f"task {entry['task']!r}")
    about = {"source": entry["source"], "checked": _day(entry["checked"])}
    return ManagedApi(
        key=key,
        vendor=vendor,
        name=entry["name"],
        task=entry["task"],
        # What has one meter stands flat in the file.
        meters=tuple(_meter(row) for row in entry.get("meters", [{"name": entry["name"], **entry}])),
        mark=entry.get("mark", ""),
        note=entry.get("note", ""),
        default=entry.get("default", False),
        quota=_quota(entry["quota"], about) if "quota" in entry else None,
        training=_training(entry["training"], about) if "training" in entry else None,
        **about,
    )


def _meter(row: Mapping[str, Any]) -> Meter:
    if row["rule"] not in RULES and row["rule"] != EACH_MONTH:
        raise ValueError(f"rule {row['rule']!r}")
    free, endpoint = row.get("free", {}), row.get("endpoint")
    return Meter(
        name=row["name"],
        rule=row["rule"],
        unit_of_charge=row["unit_of_charge"],
        tiers=tuple(map(tier_of, row.get("tiers", [row]))),
        free=Decimal(free.get("amount", 0)),
        free_always=free.get("period") == "always",
        endpoint=Endpoint(
            per_second=Decimal(endpoint["per_second"]),
            seconds_billed=Decimal(endpoint["seconds_billed"]),
            mark=endpoint.get("mark", ""),
        )
        if endpoint
        else None,
    )


def _quota(row: Mapping[str, Any], about: Mapping[str, Any]) -> Quota:
    return Quota(
        per_second=Decimal(row["per_second"]),
        scope=row["scope"],
        source=row.get("source", about["source"]),
        checked=_day(row.get("checked", about["checked"])),
        mark=row.get("mark", ""),
    )


def _training(row: Mapping[str, Any], about: Mapping[str, Any]) -> Training:
    if row["unit"] not in ("hour", "million tokens"):
        raise ValueError(f"unit {row['unit']!r}")
    return Training(
        amount=Decimal(row["amount"]),
        unit=row["unit"],
        source=row.get("source", about["source"]),
        checked=_day(row.get("checked", about["checked"])),
        mark=row.get("mark", ""),
    )


def _day(value: Any) -> date:
    if not isinstance(value, date):
        raise TypeError(f"checked {value!r}, which is not a date")
    return value
