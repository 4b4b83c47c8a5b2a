"""What a fresh book changes against the shipped prices."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from infra.account.price_list_region import SPOT, RegionPrices
from infra.costs.prices import PriceBook, read_service
from infra.costs.reports.text import COLUMNS
from infra.costs.reports.words import exact

Amounts = tuple[Decimal, ...]
NAME: Final = 44
MANY: Final = 20
"""New instance types of one table are counted, not listed, above so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One price before and after: USD per unit of each tier; nothing before for a new one, nothing after for a gap."""

    region: str
    key: str
    old: Amounts
    new: Amounts

    @property
    def percent(self) -> Decimal | None:
        """The largest change of any tier in percent; None where tiers or a price of zero cannot be compared."""
        if self.old == self.new:
            return Decimal(0)
        if len(self.old) != len(self.new) or not all(self.old):
            return None
        return max(((new / old - 1) * 100 for old, new in zip(self.old, self.new, strict=True)), key=abs)

    def exceeds(self, percent: Decimal) -> bool:
        """Whether both are known and differ by more than so many percent; what cannot be compared does."""
        if not self.old or not self.new or self.old == self.new:
            return False
        return self.percent is None or abs(self.percent) > percent


def changes(found: RegionPrices) -> Iterator[Change]:
    """Every price found, and those that the shipped files have for the region and the Price List has not."""
    shipped = PriceBook().region(found.region)
    for key, entry in sorted(found.entries.items()):
        old = shipped.get(key)
        yield Change(region=found.region, key=key, old=_tiers(old), new=entry.amounts)
    for (file, name), rows in sorted(found.rows.items()):
        listed = shipped.table(file, name)
        asked = {m: price for m, price in listed.items() if not found.types or m in found.types}
        yield from _row_changes(found.region, file, asked, rows)
    for machine, bounds in found.spot.items():
        row = shipped.table(SPOT, "spot").get(machine)
        old_bounds = (Decimal(row["low"]), Decimal(row["high"])) if row else ()
        yield Change(region=found.region, key=f"{SPOT}.{machine}", old=old_bounds, new=bounds)
    for key in sorted(found.left):
        file, name = key.split(".", 1)
        if "unit" in read_service(found.region, file).get(name, {}):
            yield Change(region=found.region, key=key, old=_tiers(shipped.get(key)), new=())


def _row_changes(region: str, file: str, listed: Mapping[str, Any], rows: Mapping[str, Decimal]) -> Iterator[Change]:
    for machine in sorted({*listed, *rows}):
        old, new = listed.get(machine), rows.get(machine)
        yield Change(
            region=region,
            key=f"{file}.{machine}",
            old=() if old is None else (Decimal(old),),
            new=() if new is None else (new,),
        )


def _tiers(price: Any) -> Amounts:
    return tuple(tier.amount for tier in price.tiers) if price else ()


def diff_text(compared: Iterable[Change]) -> str:
    """A table of what differs; new and missing prices by name, or counted where there are many."""
    rows = list(compared)
    differing = [row for row in rows if row.old and row.new and row.old != row.new]
    lines = [line for row in differing for line in _line(row)]
    lines += _listed("new", [row for row in rows if not row.old])
    lines += _listed("missing", [row for row in rows if not row.new])
    same = sum(1 for row in rows if row.old == row.new)
    lines.append(f"{len(rows)} prices: {same} as shipped, {len(differing)} changed")
    return "\n".join(lines) + "\n"


def _line(row: Change) -> Iterator[str]:
    percent = "" if row.percent is None else f"{row.percent:+.1f} %"
    yield from _beside("changed", row, f"{_amounts(row.old)} -> {_amounts(row.new)}  {percent}".rstrip())


def _listed(word: str, rows: list[Change]) -> Iterator[str]:
    by_file: dict[tuple[str, str], list[Change]] = {}
    for row in rows:
        by_file.setdefault((row.region, row.key.split(".", 1)[0]), []).append(row)
    for (region, file), group in by_file.items():
        if len(group) > MANY:
            yield f"{word:<8} {region}.{file}: {len(group)} prices"
        else:
            for row in group:
                yield from _beside(word, row, _amounts(row.new or row.old))


def _beside(word: str, row: Change, said: str) -> Iterator[str]:
    """The name and what is said of it, below each other where a line is too short for both."""
    start = f"{word:<8} {f'{row.region}.{row.key}':<{NAME}}"
    if len(start) + 1 + len(said) <= COLUMNS:
        yield f"{start} {said}"
    else:
        yield start.rstrip()
        yield f"{'':<8} {said}"


def _amounts(amounts: Amounts) -> str:
    return " / ".join(exact(amount) for amount in amounts)
