"""Several stacks, regions or instance types beside each other: one row each, and the lines in which they differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final, Literal

from infra.costs.capacity import Capacity
from infra.costs.compare import Offer
from infra.costs.errors import CostError, PriceError
from infra.costs.estimate import part_of
from infra.costs.reports.report import Report

Status = Literal["ok", "not served", "not priced", "refused"]
IN_PART: Final = "in part: "
"""What an estimate says first of a resource whose other lines have a price."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One of what is compared: its name, region and instance types as asked, and its report or why there is none."""

    name: str
    region: str = ""
    instance_types: str = ""
    report: Report | None = None
    refused: str = ""

    @property
    def label(self) -> str:
        """The row in a few words."""
        return " ".join(filter(None, (self.name, self.where, self.types)))

    @cached_property
    def where(self) -> str:
        """The region asked for, else those of what is priced."""
        return self.region or (", ".join(self.report.regions) if self.report else "")

    @cached_property
    def types(self) -> str:
        """The instance types asked for, else those of the groups."""
        if self.instance_types or not self.report:
            return self.instance_types
        return ", ".join(dict.fromkeys(_types(self.report)))

    @cached_property
    def status(self) -> Status:
        """Whether the row can be compared with the others: served, with nothing left unpriced."""
        if self.report is None:
            return "refused"
        if self.report.estimate.unpriced:
            return "not priced"
        return "not served" if self.report.too_much else "ok"

    @property
    def unpriced(self) -> int:
        """Resources without a price, in whole or in part."""
        return len({r.resource.urn for r in self.report.estimate.unpriced}) if self.report else 0

    @cached_property
    def reason(self) -> str:
        """Why the row cannot be compared; empty when it can."""
        if self.report is None:
            return self.refused
        if self.status == "not priced":
            return _not_priced(self.report, self.where)
        return self.report.too_much

    @property
    def people(self) -> Fraction:
        """USD a month for people, where the row has traffic to compare by."""
        return self.report.comparison.people if self.report and self.report.comparison else Fraction(0)

    @property
    def per_million(self) -> Fraction | None:
        """USD for a million units, people included; None without traffic."""
        if not self.report or not self.report.comparison or not self.report.estimate.volume:
            return None
        return (self.report.monthly.expected + self.people) * 1_000_000 / Fraction(self.report.estimate.volume)

    @property
    def limit(self) -> Fraction | None:
        """The volume a month above which the row cannot serve; None when it is not known."""
        comparison = self.report.comparison if self.report else None
        return comparison.infrastructure.limit.volume if comparison and comparison.infrastructure.limit else None

    @property
    def best_offer(self) -> Offer | None:
        """The managed API that costs least at the volume."""
        comparison = self.report.comparison if self.report else None
        return min(comparison.offers, key=lambda offer: offer.monthly, default=None) if comparison else None

    @property
    def capacity(self) -> Capacity | None:
        """What one instance of the first type answers, where a table says so."""
        table = self.report.estimate.capacity if self.report else None
        return table.of(self.types.split(", ")[0]) if table else None

    @cached_property
    def lines(self) -> Mapping[tuple[str, str], Fraction]:
        """USD a month expected, by component and kind of line: what is said in brackets of a label left out."""
        found: dict[tuple[str, str], Fraction] = {}
        for item in self.report.estimate.items if self.report else ():
            if self.report and item.quantity is not None:
                key = (part_of(item.resource), item.label.split(" (", 1)[0])
                found[key] = found.get(key, Fraction(0)) + (self.report.estimate.of_item(item, "expected") or 0)
        return found


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Every row: those that can be compared first, by expected cost; then what cannot, with its reason."""

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Compared":
        """The rows in order."""
        order = ("ok", "not served", "not priced", "refused")
        return cls(rows=tuple(sorted(rows, key=lambda row: (order.index(row.status), _expected(row), row.label))))

    @property
    def cheapest(self) -> Row | None:
        """The cheapest that is served and wholly priced; None when there is none."""
        return self.rows[0] if self.rows and self.rows[0].status == "ok" else None

    @cached_property
    def differing(self) -> Mapping[tuple[str, str], tuple[Fraction | None, ...]]:
        """The lines that are not the same in all rows that have a report, by component, the widest apart first."""
        priced = [row for row in self.rows if row.report]
        keys = {key: None for row in priced for key in row.lines}
        found = {}
        for key in keys:
            values = tuple(row.lines.get(key) for row in priced)
            if len({round(value or 0, 6) for value in values}) > 1:
                found[key] = values
        by_part: dict[str, Fraction] = {}
        for (part, _), values in found.items():
            by_part[part] = max(by_part.get(part, Fraction(0)), _apart(values))
        return dict(sorted(found.items(), key=lambda row: (-by_part[row[0][0]], row[0][0], -_apart(row[1]), row[0][1])))

    @property
    def exit_code(self) -> int:
        """0 while one row can be compared; else 4 for a missing price, 3 for the rest."""
        if self.cheapest or any(row.status == "not served" for row in self.rows):
            return 0
        reports = [row.report for row in self.rows if row.report]
        codes = {reason.exit_code for report in reports for reason in report.estimate.unpriced}
        return PriceError.exit_code if PriceError.exit_code in codes else 0 if reports else CostError.exit_code


def _expected(row: Row) -> Fraction:
    return row.report.monthly.expected if row.report else Fraction(0)


def _apart(values: Sequence[Fraction | None]) -> Fraction:
    known = [value or Fraction(0) for value in values]
    return max(known) - min(known)


def _types(report: Report) -> Iterator[str]:
    """The types whose hours are priced: the first of each group."""
    for item in report.estimate.items:
        if item.label.startswith("Instance usage"):
            yield item.label.rstrip(")").rsplit(", ", 1)[1]


def _not_priced(report: Report, region: str) -> str:
    """Which prices are missing and what brings them, or which resources nobody can price."""
    missing = [r.reason.removeprefix(IN_PART) for r in report.estimate.unpriced if r.exit_code == PriceError.exit_code]
    names = list(dict.fromkeys(reason.split(":", 1)[0].removeprefix("price ") for reason in missing))
    if names:
        shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        where = f" in {region}" if region else ""
        return (
            f"{len(names)} prices are missing{where}: {shown}; breakeven prices refresh --region {region or 'REGION'}"
        )
    others = sorted({r.resource.type for r in report.estimate.unpriced})
    return f"{len(report.estimate.unpriced)} resources have no price: {', '.join(others[:3])}"
