"""What documents cost, in a report: the stack beside managed APIs, and how each figure comes about."""

from collections.abc import Iterator
from fractions import Fraction
from textwrap import wrap
from typing import Final

from infra.costs.documents import DocumentCost
from infra.costs.reports.report import Report
from infra.costs.reports.words import Paint, money, price, quantity

OWN: Final = "This stack: instance time, bucket, queue"
NAME: Final = "documents"


def documents(report: Report, paint: Paint) -> Iterator[str]:
    """The part of a report for a terminal; nothing where the stack takes no documents in."""
    cost = report.documents
    if not cost:
        return
    yield paint(f"{'Per 1,000 documents':<50}{'USD':>14}", "bold")
    yield f"{OWN:<50}{money(cost.own):>14}"
    yield f"{managed_names(cost):<50}{money(cost.managed):>14}"
    yield paint(f"({about(report)}; breakeven explain {NAME})", "dim")


def explained(report: Report, cost: DocumentCost) -> Iterator[str]:
    """Every figure with what it is made of."""
    stated = report.estimate.workload
    said = stated.documents
    yield f"{NAME}: 1,000 of them, at {quantity(cost.per_month)} a month"
    yield f"  each      {about(report)}"
    hours, seconds = (
        quantity(cost.instance_hours),
        f"{said.vcpu_seconds_per_page}, with OCR {said.vcpu_seconds_per_scan}",
    )
    yield f"  instances {hours} instance-hours = {money(cost.instances)} USD"
    yield f"            vCPU seconds of a page: {seconds}"
    yield f"  intake    {money(cost.intake)} USD: its bucket and queue, shared by the documents of a month"
    for charge in cost.charges:
        each = price(charge.api.tiers[0].amount)
        yield (
            f"  {charge.api.name}: {quantity(charge.units_each)} x {charge.api.unit_of_charge} a document, "
            f"from {each} = {money(charge.cost)} USD"
        )
        mark = f" ({charge.api.mark})" if charge.api.mark else ""
        source = f"{charge.api.source}{mark}, checked {charge.api.checked}"
        yield from wrap(source, 80, initial_indent=" " * 12, subsequent_indent=" " * 12)
    yield f"  assumed   {stated.source} [documents]"


def about(report: Report) -> str:
    """One document of the workload in a few words."""
    said = report.estimate.workload.documents
    size = f"{quantity(said.pages_each)} pages, {quantity(said.characters_each)} characters"
    return f"{size}, {quantity(Fraction(said.scanned) * 100)} % of pages scanned"


def managed_names(cost: DocumentCost) -> str:
    """The managed APIs that do the same together."""
    return " + ".join(charge.api.name for charge in cost.charges)
