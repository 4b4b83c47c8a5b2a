"""What an engineer costs a year, by region: data with its source, as every price."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.numbers import number
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
    return read_salaries(PEOPLE)


def read_salaries(path: Path) -> Mapping[str, Salary]:
    """The regions of a file; raises InputError naming the file and the region."""
    return {key: _salary(path, key, row) for key, row in read_toml(path).items() if isinstance(row, dict)}


def _salary(path: Path, key: str, row: Mapping[str, Any]) -> Salary:
    try:
        name, source, checked = row["name"], row["source"], row["checked"]
        if not isinstance(name, str) or not isinstance(source, str) or not isinstance(checked, date):
            raise TypeError("name, source or checked")
        return Salary(region=key, name=name, per_year=number(row["per_year"], key), source=source, checked=checked)
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} [{key}]", f"missing or misplaced {error}", "see the shipped people.toml") from None
