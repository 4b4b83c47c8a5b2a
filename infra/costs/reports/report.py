"""What all forms of a report share: the estimate, the comparison beside it, and what is said about them."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from infra.costs.compare import BreakEven, Comparison
from infra.costs.documents import DocumentCost, document_cost
from infra.costs.errors import PriceError
from infra.costs.estimate import Estimate, part_of, shares
from infra.costs.items import Case, Cases, LineItem
from infra.costs.prices import Price
from infra.costs.reports.words import money, volume


@dataclass(frozen=True)
class Report:
    """An estimate and, where there is traffic to compare by, its comparison with managed APIs."""

    verb: str
    name: str
    estimate: Estimate
    comparison: Comparison | None = None
    warnings: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed for want of better, and what the program warns of."""
        return (*self.estimate.notes, *self._documents[1], *self.warnings)

    @cached_property
    def monthly(self) -> Cases[Fraction]:
        """USD a month in the three cases."""
        return Cases(*(self.estimate.monthly(case) for case in ("low", "expected", "high")))

    @cached_property
    def parts(self) -> dict[str, Cases[Fraction]]:
        """USD a month by component or service, largest first."""
        return dict(shares(self.estimate))

    @property
    def documents(self) -> DocumentCost | None:
        """What documents cost, where the stack takes them in."""
        return self._documents[0] if self.comparison else None

    @cached_property
    def _documents(self) -> tuple[DocumentCost | None, tuple[str, ...]]:
        """The cost, and why there is none where there should be."""
        try:
            return document_cost(self.estimate), ()
        except PriceError as error:
            return None, (f"what documents cost is not shown: {error}",)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions of what is priced."""
        return tuple(sorted({i.resource.region for i in self.estimate.items if i.resource.region}))

    @property
    def unknown_usage(self) -> tuple[LineItem, ...]:
        """Lines that depend on usage nobody stated."""
        return tuple(i for i in self.estimate.items if i.quantity is None)

    @cached_property
    def prices(self) -> tuple[Price, ...]:
        """Every price that was used, once."""
        return tuple({(i.price.file, i.price.key): i.price for i in self.estimate.items}.values())

    @property
    def checked(self) -> tuple[date, ...]:
        """The dates on which the used prices were checked, oldest first."""
        return tuple(sorted({p.checked for p in self.prices if p.checked}))

    @property
    def too_much(self) -> str:
        """Why the expected volume cannot be served, empty when it can."""
        limit = self.comparison.infrastructure.limit if self.comparison else None
        if limit is None or self.estimate.volume <= limit.volume:
            return ""
        return f"above {volume(limit.volume)} a month it cannot be served: {limit.reason}"

    def describe(self, part: str) -> tuple[str, ...]:
        """What makes up a part of the bill, in a few words each, the dearest first."""
        lines = [i for i in self.estimate.items if i.quantity is not None and part_of(i.resource) == part]
        lines.sort(key=lambda i: -(self.estimate.of_item(i, "high") or 0))
        return tuple(dict.fromkeys(_short(i) for i in lines))


def verdict(result: BreakEven) -> str:
    """Where self-hosting wins, in words."""
    found = ranges(result)
    return f"self-hosting wins {found}" if found else "the API wins at every volume"


def ranges(result: BreakEven) -> str:
    """The volumes at which self-hosting wins: `2.52 M to 263 M`; empty where it never does."""
    found = []
    for start, end in result.self_hosted_wins:
        if not start and end is None:
            return "at every volume"
        if end is None:
            found.append(f"above {volume(start)}")
        elif not start:
            found.append(f"up to {volume(end)}")
        else:
            found.append(f"{volume(start)} to {volume(end)}")
    return ", ".join(found)


def amounts(values: Cases[Fraction]) -> tuple[str, str, str]:
    """Three amounts as money."""
    low, expected, high = (money(values[case]) for case in cases())
    return low, expected, high


def cases() -> tuple[Case, Case, Case]:
    """The three cases in the order of their columns."""
    return "low", "expected", "high"


def _short(item: LineItem) -> str:
    """A line in a summary: its own short form, else its label without what stands in brackets."""
    if item.short:
        return item.short
    if item.label.startswith("Instance usage"):
        return item.label.split("(", 1)[1].rstrip(")").split(", ", 1)[1]
    return item.label.split(" (", 1)[0]
