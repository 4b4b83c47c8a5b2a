"""Managed APIs as data: what they charge for a volume, as a curve."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any, Final

from infra.costs.curves import Curve
from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.prices import DATA, Tier, read_toml
from infra.costs.workload import Documents, Workload

UNITS: Final = {"image-labels": "images", "sentiment": "texts", "document-text": "pages"}
"""The unit of volume each task is counted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedApi:
    """One offer of a vendor: what it does, what it charges for, in which tiers."""

    key: str
    name: str
    task: str
    rule: str
    unit_of_charge: str
    tiers: tuple[Tier, ...]
    free: Decimal
    free_always: bool
    source: str
    checked: date
    mark: str = ""

    @property
    def unit(self) -> str:
        """The unit of volume it answers."""
        return UNITS[self.task]

    def charged_units(self, workload: Workload) -> Fraction:
        """Units of charge in one unit of volume."""
        if self.rule == "per_100_characters_min_3":
            return pieces_of_text(workload.request.characters)
        return Fraction(1)

    def charged_for_document(self, documents: Documents) -> Fraction:
        """Units of charge in one document: pieces of its text, or those of its pages that hold none."""
        if self.rule == "per_100_characters_min_3":
            return pieces_of_text(documents.characters_each)
        return Fraction(documents.pages_each) * Fraction(documents.scanned)

    def curve(self, workload: Workload, tier: int | None = None) -> Curve:
        """USD a month over volume. With `tier` (-1: the cheapest) that tier's price for every unit, nothing free."""
        return self.cost_of(self.charged_units(workload), free_tiers=workload.billing.free_tiers, tier=tier)

    def cost_of(self, units: Fraction, *, free_tiers: bool, tier: int | None = None) -> Curve:
        """USD a month over a volume of which each one is so many units of charge; `tier` as in `curve`."""
        charged = Curve.linear(units)
        if tier is not None:
            return charged * self.tiers[tier].amount
        cost, start = Curve.constant(0), Decimal(0)
        for step in self.tiers:
            cost += charged.tier(start, step.up_to) * step.amount
            start = step.up_to or start
        if self.free and (self.free_always or free_tiers):
            cost -= charged.tier(0, self.free) * self.tiers[0].amount
        return cost


def pieces_of_text(characters: Decimal) -> Fraction:
    """Pieces of 100 characters, three at least, as texts are charged."""
    return Fraction(max(ceil(characters / 100), 3))


@cache
def managed_apis() -> Mapping[str, ManagedApi]:
    """All managed APIs the data holds, by key (`rekognition_labels`)."""
    return {api.key: api for path in sorted((DATA / "managed").glob("*.toml")) for api in _read(read_toml(path))}


def offers_for(workload: Workload) -> tuple[ManagedApi, ...]:
    """The APIs to compare with: those named in the workload, else all that answer its unit."""
    known = managed_apis()
    for name in workload.compare.apis:
        if name not in known:
            thing = f"{workload.source} [compare] apis"
            raise InputError(thing, f"{name!r} is unknown{nearest(name, known)}", f"known: {', '.join(known)}")
    named = tuple(known[name] for name in workload.compare.apis)
    return named or tuple(api for api in known.values() if api.unit == workload.volume.unit)


def _read(data: Mapping[str, Any]) -> Iterator[ManagedApi]:
    for key, entry in data.items():
        if not isinstance(entry, Mapping):
            continue
        free = entry.get("free", {})
        yield ManagedApi(
            key=key,
            name=entry["name"],
            task=entry["task"],
            rule=entry["rule"],
            unit_of_charge=entry["unit_of_charge"],
            tiers=tuple(
                Tier(
                    amount=Decimal(t["amount"]),
                    up_to=None if t.get("up_to") is None else Decimal(t["up_to"]),
                    label=t.get("label", ""),
                    mark=t.get("mark", ""),
                )
                for t in entry["tiers"]
            ),
            free=Decimal(free.get("amount", 0)),
            free_always=free.get("period") == "always",
            source=entry["source"],
            checked=entry["checked"],
            mark=entry.get("mark", ""),
        )
