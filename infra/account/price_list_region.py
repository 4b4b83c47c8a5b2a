"""The prices of one region, read from the Price List into the keys and units of the price files."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, Final

from infra.account.price_list import Product, Step, products
from infra.account.products import Offer, Table, Wanted, is_usage, offers, tables
from infra.account.spot import DAYS, spot_ranges
from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.prices import COMPLETE, DATA, GLOBAL, read_service
from infra.lifecycle.aws import Account

MACHINES: Final = "AmazonEC2"
SPOT: Final = "ec2_spot"
DIGITS: Final = Decimal("1e-15")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One price: USD per unit and the bound of each tier (None: no end), what of it is free, its source."""

    tiers: tuple[tuple[Decimal, Decimal | None], ...]
    unit: str
    source: str
    free: Mapping[str, Any] = field(default_factory=dict)

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """The price of each tier."""
        return tuple(amount for amount, _ in self.tiers)


@dataclass(slots=True, kw_only=True)
class RegionPrices:
    """What was found for a region: prices by `service.key`, tables of instance types, and what was not, with why."""

    region: str
    types: tuple[str, ...] = ()
    entries: dict[str, Entry] = field(default_factory=dict)
    rows: dict[tuple[str, str], dict[str, Decimal]] = field(default_factory=dict)
    spot: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many prices were found."""
        return len(self.entries) + sum(len(rows) for rows in self.rows.values()) + len(self.spot)

    def is_only(self, keys: Set[str]) -> bool:
        """Whether nothing but some of these prices was found."""
        return self.entries.keys() <= keys and not self.rows and not self.spot


def known_keys(files: Iterable[str] = ()) -> Mapping[str, Mapping[str, Any]]:
    """Every key of the price files that are complete, with the shipped entry; only of the files named."""
    found: dict[str, Mapping[str, Any]] = {}
    for region in (GLOBAL, COMPLETE):
        for path in sorted((DATA / "prices" / region).glob("*.toml")):
            if not files or path.stem in files:
                data = read_service(region, path.stem)
                found |= {f"{path.stem}.{name}": entry for name, entry in data.items() if isinstance(entry, dict)}
    return found


def chosen_files(names: Iterable[str]) -> tuple[str, ...]:
    """The price files that are meant: by name, or by the start of one (`ec2`); raises InputError."""
    files = {key.split(".", 1)[0] for key in known_keys()}
    chosen: list[str] = []
    for name in names:
        meant = [name] if name in files else sorted(f for f in files if f.startswith(f"{name}_"))
        if not meant:
            raise InputError(f"service {name}", f"no such price file{nearest(name, files)}", "see `breakeven prices`")
        chosen += meant
    return tuple(dict.fromkeys(chosen))


def read_region(
    account: Account, region: str, files: tuple[str, ...] = (), types: tuple[str, ...] = (), spot: bool = False
) -> RegionPrices:
    """Ask for every mapped price of a region; raises AccountError and InputError."""
    found = RegionPrices(region=region, types=types)
    keys = known_keys(files)
    asked = [offer for offer in offers() if any(wanted.key in keys for wanted in offer.wanted)]
    for offer in asked:
        _read_offer(account, offer, keys, found)
    listed = [table for table in tables() if f"{table.file}.{table.name}" in keys]
    for table in listed:
        _read_table(account, table, found)
    if spot:
        found.spot.update(spot_ranges(Account(region, account.profile), types))
    _say_what_is_left(found, keys, spot)
    # What is sold for all regions alike is found for any name.
    everywhere = {wanted.key for offer in asked if not offer.region_field for wanted in offer.wanted}
    own = listed or any(offer.region_field for offer in asked)
    if not found.count or (own and found.is_only(everywhere)):
        action = f"check the region's name{' and --type' if types else ''}"
        raise InputError(f"region {region}", "the Price List has no product for it", action)
    return found


def _read_offer(account: Account, offer: Offer, keys: Mapping[str, Mapping[str, Any]], found: RegionPrices) -> None:
    filters = {**offer.filters, **({offer.region_field: found.region} if offer.region_field else {})}
    listed = [p for p in products(account, offer.code, filters) if _is_regional(p)]
    for wanted in offer.wanted:
        if wanted.key not in keys:
            continue
        fitting = [p for p in listed if _fits(p, wanted, found.region)]
        prices = {p.steps for p in fitting}
        if len(prices) == 1:
            found.entries[wanted.key] = _entry(fitting[0], wanted, keys[wanted.key])
            found.published.add(fitting[0].published[:10])
        elif prices:
            found.left[wanted.key] = f"{len(fitting)} products of {offer.code} fit, at different prices"
        else:
            found.left[wanted.key] = f"no product of {offer.code} in this region fits"


def _is_regional(product: Product) -> bool:
    """Whether it is sold for the region itself or for all: not for a local zone or an outpost."""
    return bool(product.steps) and product.attributes.get("locationType", "AWS Region") in ("AWS Region", "Other", "")


def _fits(product: Product, wanted: Wanted, region: str) -> bool:
    if wanted.usage and not is_usage(product.usage, wanted.usage):
        return False
    if wanted.to and product.attributes.get("toRegionCode") != next(to for to in wanted.to if to != region):
        return False
    return all(product.attributes.get(name, "") == value for name, value in wanted.where.items())


def _entry(product: Product, wanted: Wanted, shipped: Mapping[str, Any]) -> Entry:
    """The product's price in our unit; what it gives free first becomes the allowance, else the shipped one stays."""
    steps, free = product.steps, dict(shipped.get("free", {}))
    if len(steps) > 1 and not steps[0].amount and steps[0].end is not None:
        amount = _exact(Fraction(steps[0].end) / wanted.times)
        free, steps = {"amount": amount, "period": "always", "source": product.source}, steps[1:]
    chosen: tuple[Step, ...] = steps[:1] if wanted.first else steps
    last = len(chosen) - 1
    tiers = tuple(
        (
            _exact(Fraction(step.amount) * wanted.times),
            None if step.end is None or n == last else _exact(Fraction(step.end) / wanted.times),
        )
        for n, step in enumerate(chosen)
    )
    return Entry(tiers=tiers, unit=str(shipped["unit"]), source=product.source, free=free)


def _exact(value: Fraction) -> Decimal:
    """A fraction as a decimal; prices have ten places at most, so nothing real is lost."""
    number = (Decimal(value.numerator) / value.denominator).quantize(DIGITS, rounding=ROUND_HALF_EVEN)
    return number.normalize() if number else Decimal(0)


def _read_table(account: Account, table: Table, found: RegionPrices) -> None:
    rows: dict[str, Decimal] = {}
    for name, product in _machines(account, table, found):
        if product.steps and product.steps[0].amount and _is_regional(product):
            # The first answer stands: further products of a type (a market option) have the same price or none.
            rows.setdefault(name, _exact(Fraction(product.steps[0].amount)))
            found.published.add(product.published[:10])
    if rows:
        found.rows[table.file, table.name] = dict(sorted(rows.items()))
    else:
        found.left[f"{table.file}.{table.name}"] = f"no product of {MACHINES} in this region fits"


def _machines(account: Account, table: Table, found: RegionPrices) -> Iterator[tuple[str, Product]]:
    for one in found.types or ("",):
        filters = {**table.filters, "regionCode": found.region, **({"instanceType": one} if one else {})}
        for product in products(account, MACHINES, filters):
            # A product without a type (a fee for the region) is none of an instance.
            if name := product.attributes.get("instanceType"):
                yield name, product


def _say_what_is_left(found: RegionPrices, keys: Iterable[str], spot: bool) -> None:
    """Name every key that was asked for and not found, so that nothing is dropped in silence."""
    tables_found = {f"{file}.{name}" for file, name in found.rows}
    for key in keys:
        if key in found.entries or key in found.left or key in tables_found:
            continue
        if key == f"{SPOT}.spot":
            if not spot:
                found.left[key] = "not in the Price List; add --spot"
            elif not found.spot:
                found.left[key] = f"no price in the last {DAYS} days"
            continue
        found.left[key] = "not mapped to a product"
