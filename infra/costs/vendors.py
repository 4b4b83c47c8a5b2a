"""What a vendor promises and what it does with the data, as facts with source and date; nothing here is advice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.numbers import is_sane
from infra.costs.prices import DATA, read_toml

FACTS: Final[Mapping[str, str]] = {
    "availability": "per cent of a month the API is promised to answer, of pay-as-you-go where a vendor has several",
    "credits": "per cent of the month's charges credited at the most",
    "support": "hours to the first answer when production is down, on the least plan that promises any",
    "retention": "days inputs and outputs are kept at the most; none: no number is promised",
    "training": "1: data are used to improve the service unless one opts out; 0: they are not unless one opts in",
    "regions": "regions one can choose from",
    "encryption": "encryption on the way and at rest",
    "residency": "whether data can leave the region that was chosen",
}
"""The facts every vendor has, and what the number of each means."""
FROM_MEMORY: Final = "from memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact in words, its number where it has one (see FACTS), where it was read and when.

    `mark` is empty, `from memory` (no public source was opened) or `secondary` (read where others quote the vendor).
    `tiers` of credits: below so many per cent of a month, so many per cent of its charges.
    """

    value: str
    number: Decimal | None
    source: str
    checked: date
    mark: str = ""
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who sells managed APIs, and the facts about it by name."""

    key: str
    name: str
    facts: Mapping[str, Fact]


@cache
def vendors() -> Mapping[str, Vendor]:
    """Every vendor the data holds, by key (`aws`)."""
    return {path.stem: read_vendor(path) for path in sorted((DATA / "vendors").glob("*.toml"))}


def read_vendor(path: Path) -> Vendor:
    """One vendor's file; raises InputError naming the file and the fact."""
    data = read_toml(path)
    unknown = [key for key, entry in data.items() if isinstance(entry, Mapping) and key not in FACTS]
    if unknown or "name" not in data:
        raise InputError(f"{path} [{unknown[0] if unknown else 'name'}]", "not a fact", f"known: {', '.join(FACTS)}")
    return Vendor(key=path.stem, name=data["name"], facts={key: _fact(path, key, data) for key in FACTS})


def _fact(path: Path, key: str, data: Mapping[str, Any]) -> Fact:
    try:
        entry = data[key]
        number = None if "number" not in entry else Decimal(entry["number"])
        if not isinstance(entry["checked"], date) or (number is not None and (number < 0 or not is_sane(number))):
            raise ValueError("date or number")
        return Fact(
            value=entry["value"],
            number=number,
            source=entry["source"],
            checked=entry["checked"],
            mark=entry.get("mark", ""),
            tiers=tuple((Decimal(below), Decimal(credited)) for below, credited in entry.get("tiers", ())),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InputError(f"{path} [{key}]", f"missing or misplaced {error}", "see any shipped vendor") from None
