"""A managed API: what it does, what it charges, how much it takes by default, what training it costs."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from infra.costs.curves import Curve
from infra.costs.errors import InputError
from infra.costs.managed.meters import Meter
from infra.costs.managed.rules import of_a_document
from infra.costs.prices import Tier
from infra.costs.workload import Documents, Workload

UNITS: Final = {
    "image-labels": "images",
    "image-faces": "images",
    "image-moderation": "images",
    "image-objects": "images",
    "image-properties": "images",
    "image-text": "images",
    "image-custom-labels": "images",
    "sentiment": "texts",
    "text-custom-classification": "texts",
    "embeddings": "texts",
    "document-text": "pages",
    "document-layout": "pages",
    "document-tables": "pages",
    "document-forms": "pages",
    "generation": "requests",
    "custom-generation": "requests",
}
"""The unit of volume each task is counted in."""
EPOCHS: Final = 3
"""Times a fine-tuning by tokens reads its examples (assumed; vendors choose it by the size of the data)."""
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Requests a second that a vendor takes from an account until it is asked for more, and where that holds."""

    per_second: Decimal
    scope: str
    source: str
    checked: date
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What one fine-tuning costs: USD per `unit`, which is `hour` or `million tokens`."""

    amount: Decimal
    unit: str
    source: str
    checked: date
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedApi:
    """One offer of a vendor. Its cost is the sum of its meters; most have one."""

    key: str
    vendor: str
    name: str
    task: str
    meters: tuple[Meter, ...]
    source: str
    checked: date
    mark: str = ""
    note: str = ""
    default: bool = False
    quota: Quota | None = None
    training: Training | None = None

    @property
    def unit(self) -> str:
        """The unit of volume it answers."""
        return UNITS[self.task]

    @property
    def rule(self) -> str:
        """How the first meter counts."""
        return self.meters[0].rule

    @property
    def unit_of_charge(self) -> str:
        """What the first meter counts."""
        return self.meters[0].unit_of_charge

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """What the first meter charges."""
        return self.meters[0].tiers

    def charged_for_document(self, documents: Documents) -> Fraction:
        """Units of charge in one document: pieces of its text, or those of its pages that hold none."""
        return of_a_document(self.rule, documents)

    def curve(self, workload: Workload, tier: int | None = None) -> Curve:
        """USD a month over volume. With `tier` (-1: the cheapest) that tier's price for every unit, nothing free."""
        return Curve.total(meter.curve(workload, tier) for meter in self.meters)

    def cost_of(self, units: Fraction, *, free_tiers: bool, tier: int | None = None) -> Curve:
        """USD a month, by the first meter, over a volume of which each one is so many units; `tier` as in `curve`."""
        return self.meters[0].cost(Curve.linear(units), free_tiers=free_tiers, tier=tier)


def over_quota(api: ManagedApi, workload: Workload) -> str:
    """What to know where the workload's busiest minute is above the API's default quota; empty where it is not."""
    if not api.quota or not workload.open_hours:
        return ""
    average = Fraction(workload.volume.per_month) * workload.requests_per_unit / workload.open_seconds
    peak = average * Fraction(workload.volume.peak_to_average)
    if peak <= Fraction(api.quota.per_second):
        return ""
    mark = f", {api.quota.mark}" if api.quota.mark else ""
    return (
        f"the busiest minute needs {float(peak):,.0f} requests a second; the default quota is "
        f"{api.quota.per_second:,} ({api.quota.scope}{mark}): ask {api.name} for more"
    )


def training_tokens(workload: Workload) -> Fraction:
    """Tokens one fine-tuning reads: every labelled example's prompt and answer, in each of the epochs."""
    each = Fraction(workload.request.tokens_in) + Fraction(workload.request.tokens_out)
    return Fraction(workload.ownership.labelled_examples) * each * EPOCHS


def fine_tuning_cost(api: ManagedApi, workload: Workload) -> Fraction:
    """USD of one training by the vendor; raises InputError where the API cannot be trained.

    By the hour it is `ownership.fine_tuning_hours`; by tokens `ownership.labelled_examples` of the request's size.
    """
    if not api.training:
        raise InputError(api.key, "the vendor trains no model of yours behind it", "take one with `training` prices")
    if api.training.unit == "hour":
        return Fraction(api.training.amount) * Fraction(workload.ownership.fine_tuning_hours)
    return Fraction(api.training.amount) * training_tokens(workload) / MILLION
