"""What an engineer costs a year, by region: data with its source, as every price."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from infra.costs.prices import DATA, read_toml

PEOPLE: Final = DATA / "people.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Salary:
    """USD a year for one engineer in a region, and where the figure was read."""

    region: str
    name: str
    per_year: Decimal
    source: str
    checked: date


@cache
def salaries() -> Mapping[str, Salary]:
    """All regions the data holds, by the name the workload uses (`us`, `europe`)."""
    return {
        key: Salary(
            region=key,
            name=row["name"],
            per_year=Decimal(row["per_year"]),
            source=row["source"],
            checked=row["checked"],
        )
        for key, row in read_toml(PEOPLE).items()
        if isinstance(row, dict)
    }
