"""The report for programs: stable keys, every number a string, so that nothing is lost to binary fractions."""

import json
from fractions import Fraction
from typing import Any

from infra.costs.compare import BreakEven, Offer
from infra.costs.documents import DocumentCost
from infra.costs.estimate import CURRENCY, Estimate, part_of
from infra.costs.items import LineItem, Reason
from infra.costs.reports.documents import NAME as DOCUMENTS
from infra.costs.reports.report import Report, cases
from infra.costs.reports.words import exact, price


def as_json(report: Report) -> str:
    """The report as JSON; docs/costs.md describes it."""
    estimate = report.estimate
    document: dict[str, Any] = {
        "currency": CURRENCY,
        "hours_per_month": exact(estimate.workload.volume.hours_per_month),
        "monthly": {case: exact(report.monthly[case]) for case in cases()},
        "items": [_item(estimate, item) for item in estimate.items],
        "free": [_reason(reason) for reason in estimate.free],
        "unpriced": [_reason(reason) for reason in estimate.unpriced],
        "offers": [_offer(offer) for offer in report.comparison.offers] if report.comparison else [],
    }
    if report.comparison:
        document["volume"] = {
            "unit": estimate.workload.volume.unit,
            "per_month": exact(estimate.volume),
            "people_monthly": exact(report.comparison.people),
        }
    if report.documents:
        document["documents"] = _documents(report.documents)
    if report.notes:
        document["notes"] = list(report.notes)
    return json.dumps(document, indent=2, ensure_ascii=False)


def explained_document(report: Report, name: str) -> dict[str, Any]:
    """The rows of one resource, component or managed API, each as in the whole report."""
    estimate, offers = report.estimate, report.comparison.offers if report.comparison else ()
    items = [i for i in estimate.items if name in (i.resource.name, i.resource.urn, part_of(i.resource))]
    totals = {c: sum((estimate.of_item(i, c) or Fraction(0) for i in items), Fraction(0)) for c in cases()}
    document: dict[str, Any] = {
        "currency": CURRENCY,
        "name": name,
        "monthly": {case: exact(total) for case, total in totals.items()},
        "items": [{**_item(estimate, item), "basis": item.basis} for item in items],
        "free": [_reason(r) for r in estimate.free if name in (r.resource.name, r.resource.urn)],
        "unpriced": [_reason(r) for r in estimate.unpriced if name in (r.resource.name, r.resource.urn)],
        "offers": [_offer(offer) for offer in offers if name in (offer.api.key, offer.api.name)],
    }
    if name == DOCUMENTS and report.documents:
        document["documents"] = _documents(report.documents)
    return document


def _item(estimate: Estimate, item: LineItem) -> dict[str, Any]:
    row: dict[str, Any] = {"resource": item.resource.name, "type": item.resource.type, "label": item.label}
    if item.part:
        row["part"] = item.part
    at = estimate.volume
    known = item.quantity
    row |= {
        "unit": item.unit,
        "quantity": None if known is None else {c: exact(known[c].unlimited_at(at)) for c in cases()},
        "unit_price": price(item.price.amount),
        "monthly": None if known is None else {c: exact(estimate.of_item(item, c) or Fraction(0)) for c in cases()},
        "source": f"{item.price.source} ({item.price.mark})" if item.price.mark else item.price.source,
        "checked": item.price.checked.isoformat() if item.price.checked else None,
    }
    return row


def _documents(cost: DocumentCost) -> dict[str, Any]:
    return {
        "per_month": exact(cost.per_month),
        "instance_hours_per_1000": exact(cost.instance_hours),
        "per_1000": {"instances": exact(cost.instances), "intake": exact(cost.intake), "total": exact(cost.own)},
        "managed_per_1000": {
            **{charge.api.key: exact(charge.cost) for charge in cost.charges},
            "total": exact(cost.managed),
        },
    }


def _reason(reason: Reason) -> dict[str, str]:
    return {"resource": reason.resource.name, "type": reason.resource.type, "reason": reason.reason}


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "api": offer.api.key,
        "monthly": exact(offer.monthly),
        **break_even_row(offer.with_people),
        "without_people": break_even_row(offer.without_people),
    }


def break_even_row(result: BreakEven) -> dict[str, Any]:
    """The volumes of one break-even, as strings."""
    row: dict[str, Any] = {
        "break_even": [exact(volume) for volume in result.volumes],
        "self_hosted_wins": [
            [exact(start), None if end is None else exact(end)] for start, end in result.self_hosted_wins
        ],
    }
    if result.limit:
        row["infeasible"] = {"above": exact(result.limit.volume), "reason": result.limit.reason}
    return row
