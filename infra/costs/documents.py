"""What 1,000 documents cost: read by a stack that takes them in, and by managed APIs for the same work."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from infra.costs.estimate import Estimate, part_of
from infra.costs.machines import vcpus_of
from infra.costs.managed import ManagedApi, managed_apis
from infra.costs.traffic import GROUP
from infra.costs.workload import SECONDS_IN_AN_HOUR

COUNT: Final = 1_000
INTAKE: Final = "Intake"
# The text of scanned pages, then the sentiment of all of it: what the pipeline does.
MANAGED: Final = ("textract_detect_text", "comprehend_sentiment")
INSTANCE_USAGE: Final = "Instance usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One managed API's part: units of charge of one document, and USD for 1,000 of them at the month's volume."""

    api: ManagedApi
    units_each: Fraction
    cost: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCost:
    """USD for 1,000 documents, at so many a month.

    `instances` is the time they take of instances, at what those cost an hour in the expected case; `intake` is bucket
    and queue. Instances that run for requests anyway read documents beside them: then only `intake` is added to a bill.
    """

    per_month: Decimal
    instance_hours: Fraction
    instances: Fraction
    intake: Fraction
    charges: tuple[Charge, ...]

    @property
    def own(self) -> Fraction:
        """USD for 1,000 on the stack."""
        return self.instances + self.intake

    @property
    def managed(self) -> Fraction:
        """USD for 1,000 with the managed APIs together."""
        return sum((row.cost for row in self.charges), Fraction(0))


def document_cost(estimate: Estimate) -> DocumentCost | None:
    """None for a stack that takes no documents in, or at a volume of none."""
    documents = estimate.workload.documents
    if not documents.per_month or not any(part_of(item.resource) == INTAKE for item in estimate.items):
        return None
    intake = sum(
        (estimate.of_item(i, "expected") or Fraction(0) for i in estimate.items if part_of(i.resource) == INTAKE),
        Fraction(0),
    )
    hours = _hours(estimate)
    return DocumentCost(
        per_month=documents.per_month,
        instance_hours=hours,
        instances=hours * _hour_price(estimate),
        intake=intake / Fraction(documents.per_month) * COUNT,
        charges=tuple(_charge(estimate, key) for key in MANAGED),
    )


def _charge(estimate: Estimate, key: str) -> Charge:
    api, workload = managed_apis()[key], estimate.workload
    units = api.charged_for_document(workload.documents)
    per_month = Fraction(workload.documents.per_month)
    monthly = api.cost_of(units, free_tiers=workload.billing.free_tiers).at(per_month)
    return Charge(api=api, units_each=units, cost=monthly / per_month * COUNT)


def _hours(estimate: Estimate) -> Fraction:
    """Instance-hours for 1,000 documents, all vCPUs of the preferred type at work."""
    documents = estimate.workload.documents
    seconds = Fraction(documents.vcpu_seconds_per_page) * (1 - Fraction(documents.scanned))
    seconds += Fraction(documents.vcpu_seconds_per_scan) * Fraction(documents.scanned)
    vcpus = vcpus_of(_instance_type(estimate))
    return seconds * Fraction(documents.pages_each) * COUNT / SECONDS_IN_AN_HOUR / Fraction(vcpus)


def _hour_price(estimate: Estimate) -> Fraction:
    """USD an hour of an instance, over all that the group buys in the expected case; its price where it buys none."""
    lines = [i for i in estimate.items if i.resource.type == GROUP and i.label.startswith(INSTANCE_USAGE)]
    hours = sum((i.quantity.expected.unlimited_at(estimate.volume) for i in lines if i.quantity), Fraction(0))
    if not hours:
        return Fraction(lines[0].price.amount) if lines else Fraction(0)
    return sum((estimate.of_item(i, "expected") or Fraction(0) for i in lines), Fraction(0)) / hours


def _instance_type(estimate: Estimate) -> str:
    """The first that the main group asks for."""
    group = next(resource for resource in estimate.stack.of_type(GROUP) if resource.component)
    overrides = group.inputs.object("mixedInstancesPolicy").object("launchTemplate").objects("overrides")
    return overrides[0].text("instanceType")
