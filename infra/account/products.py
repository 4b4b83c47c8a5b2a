"""Where the AWS Price List and the bill show each price of the price files, as data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.costs.prices import read_toml

DATA: Final = Path(__file__).parent / "data" / "products.toml"
TRANSFER: Final = "data_transfer"
PREFIX: Final = r"(?:(?:[A-Z]{2,4}\d?|[a-z]{2}(?:-[a-z]+)+-\d)-){0,2}"
"""What stands before a usage type: `EUC1-`, `eu-central-1-` (KMS), two of them between regions, none in us-east-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One price and the product that states it; `times` turns the Price List's unit into the price file's."""

    key: str
    usage: str
    where: Mapping[str, str]
    times: Fraction
    billed: str
    service: str
    to: tuple[str, ...] = ()
    first: bool = False
    """Only the first tier counts."""
    memory: bool = False
    """The usage type is from memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One request to the Price List and the prices that its answer holds."""

    code: str
    region_field: str
    filters: Mapping[str, str]
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of instance types (`ec2_on_demand`, `linux`) and the filters that pick its products."""

    file: str
    name: str
    filters: Mapping[str, str]


def is_usage(usage_type: str, usage: str) -> bool:
    """Whether a usage type of any region is this one: `EUC1-NatGateway-Hours` is `NatGateway-Hours`."""
    return re.fullmatch(PREFIX + re.escape(usage), usage_type) is not None


@cache
def offers() -> tuple[Offer, ...]:
    """Every request with what it is to find."""
    data = read_toml(DATA)
    return tuple(
        Offer(
            code=entry["code"],
            region_field=entry.get("region", "regionCode"),
            filters=entry.get("filters", {}),
            wanted=tuple(_wanted(key, row, entry, data["services"]) for key, row in entry["prices"].items()),
        )
        for entry in data["offer"]
    )


@cache
def tables() -> tuple[Table, ...]:
    """Every table of instance types."""
    rows = read_toml(DATA)["table"]
    return tuple(
        Table(**dict(zip(("file", "name"), r["key"].split("."), strict=True)), filters=r["filters"]) for r in rows
    )


def all_wanted() -> Iterator[Wanted]:
    """Every price that is mapped."""
    for offer in offers():
        yield from offer.wanted


@cache
def on_bill(key: str, resource_type: str = "") -> tuple[str, str]:
    """Where a price shows on the bill: service and usage type ("" where that is not known).

    Data transfer stands under the service that sends it: `resource_type` says which.
    """
    file, name = key.split(".", 1)
    data = read_toml(DATA)
    if file in data["machines"] and "." in name:
        return data["services"][file], f"{data['machines'][file]}:{name}"
    service, usage = data["services"].get(file, file), ""
    for wanted in all_wanted():
        if wanted.key == key:
            service, usage = wanted.service, wanted.billed
    if file == TRANSFER:
        service = next((s for start, s in data["senders"].items() if resource_type.startswith(start)), service)
    return service, usage


@cache
def wanted_at(service: str, usage: str) -> tuple[Wanted, ...]:
    """The prices that show at a place of the bill: more than one where only attributes tell them apart."""
    return tuple(w for w in all_wanted() if w.billed == usage and (w.service == service or _is_transfer(w)))


@cache
def usages_at(service: str) -> tuple[str, ...]:
    """The known usage types of a service on the bill, data transfer among them."""
    return tuple(
        dict.fromkeys(w.billed for w in all_wanted() if w.billed and (w.service == service or _is_transfer(w)))
    )


def _is_transfer(wanted: Wanted) -> bool:
    return wanted.key.startswith(f"{TRANSFER}.")


def _wanted(key: str, row: Mapping[str, Any], offer: Mapping[str, Any], services: Mapping[str, str]) -> Wanted:
    usage = row.get("usage", "")
    return Wanted(
        key=key,
        usage=usage,
        where=row.get("where", {}),
        times=Fraction(row.get("times", 1)),
        billed=row.get("billed", usage),
        service=row.get("service") or offer.get("service") or services[key.split(".", 1)[0]],
        to=tuple(row.get("to", ())),
        first=row.get("first", False),
        memory=row.get("memory", False),
    )
