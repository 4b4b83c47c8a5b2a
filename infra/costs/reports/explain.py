"""One resource or component unfolded: quantity x price, where each comes from, what it rests on."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from textwrap import wrap
from typing import Final

from infra.costs.compare import Offer
from infra.costs.errors import InputError
from infra.costs.estimate import part_of
from infra.costs.items import LineItem, Reason
from infra.costs.managed import EACH_MONTH, Meter, over_quota
from infra.costs.names import nearest
from infra.costs.pricing import PRICERS
from infra.costs.quantities import RULES
from infra.costs.reports.documents import NAME as DOCUMENTS
from infra.costs.reports.documents import explained
from infra.costs.reports.report import Report, cases, verdict
from infra.costs.reports.words import money, price, quantity
from infra.costs.stack import Resource
from infra.costs.workload import Workload

WORKLOAD_KEYS: Final = frozenset({"outbound_internet_gb"})
"""Quantities that only the workload knows, beside the usage vocabulary."""


def explain(report: Report, name: str) -> str:
    """Every line of a resource (or of a component, by its name); raises InputError when there is none."""
    estimate = report.estimate
    offer = next((o for o in (report.comparison.offers if report.comparison else ()) if name in _of(o)), None)
    if offer:
        return "\n".join(_api(report, offer)) + "\n"
    if name == DOCUMENTS and report.documents:
        return "\n".join(explained(report, report.documents)) + "\n"
    items = [i for i in estimate.items if name in _names(i)]
    reasons = [r for r in (*estimate.free, *estimate.unpriced) if name in (r.resource.name, r.resource.urn)]
    if not items and not reasons:
        known = {n for i in estimate.items for n in _names(i)} | {r.resource.name for r in estimate.free}
        known |= {n for o in (report.comparison.offers if report.comparison else ()) for n in _of(o)}
        raise InputError(name, f"no such resource or component{nearest(name, known)}", "see `breakeven preview`")
    lines: list[str] = []
    for resource, of_one in groupby(items, key=lambda i: i.resource):
        for item in of_one:
            lines += _item(report, item)
        lines += _assumptions(report, resource)
    for reason in reasons:
        lines += _reason(reason, reason in estimate.unpriced)
    if items:
        totals = [sum((estimate.of_item(i, c) or Fraction(0) for i in items), Fraction(0)) for c in cases()]
        lines.append(f"Total of {name}: low {_three(totals)}")
    return "\n".join(lines) + "\n"


def _names(item: LineItem) -> tuple[str, ...]:
    return item.resource.name, item.resource.urn, part_of(item.resource)


def _item(report: Report, item: LineItem) -> Iterator[str]:
    estimate, at = report.estimate, report.estimate.volume
    part = f" {item.part}" if item.part else ""
    yield f"{item.resource.name}{part}: {item.label}"
    yield f"  type      {item.resource.type}"
    if item.quantity is None:
        yield f"  quantity  depends on usage nobody stated; one {item.unit} costs {price(item.price.amount)}"
    else:
        for case in cases():
            count = quantity(item.quantity[case].unlimited_at(at))
            cost = money(estimate.of_item(item, case) or Fraction(0))
            yield f"  {case:<9} {count} {item.unit} x {price(item.unit_price(case))} = {cost} USD"
        if not item.quantity.expected.is_constant:
            yield from _wrapped("volume", f"moves with it; figures at {quantity(at)} {_unit(report)} a month")
    if item.basis:
        yield from _wrapped("because", item.basis)
    mark = f" ({item.price.mark})" if item.price.mark else ""
    checked = item.price.checked.isoformat() if item.price.checked else "undated"
    yield from _wrapped("price", f"{item.price.source}{mark}, checked {checked}")
    yield from _wrapped("file", f"{item.price.file} [{item.price.key.split('.', 1)[-1]}]")
    yield ""


def _assumptions(report: Report, resource: Resource) -> Iterator[str]:
    """How the workload stands behind the quantities of one of our resources, with the values it names."""
    pricer = PRICERS.get(resource.type)
    if not resource.component or pricer is None:
        return
    said = [
        (key, (RULES[(resource.type, key)].__doc__ or ""))
        for key in sorted(pricer.usage | WORKLOAD_KEYS)
        if (resource.type, key) in RULES
    ]
    for key, formula in said:
        yield from _wrapped("assumes", f"{key}: {formula}")
    named = dict.fromkeys(match for _, formula in said for match in re.findall(r"[a-z]+\.[a-z_]+", formula))
    if named:
        workload = report.estimate.workload
        values = ", ".join(
            f"{n} = {quantity(getattr(getattr(workload, n.split('.')[0]), n.split('.')[1]))}" for n in named
        )
        yield from _wrapped("", f"{values} ({workload.source})")
        yield ""


def _of(offer: Offer) -> tuple[str, str]:
    return offer.api.key, offer.api.name


def _api(report: Report, offer: Offer) -> Iterator[str]:
    api, workload = offer.api, report.estimate.workload
    yield f"{api.name}: what it charges for {quantity(report.estimate.volume)} {workload.volume.unit} a month"
    # Of several meters those that count something: nothing is said of caches and batches that are not used.
    counting = [meter for meter in api.meters if not meter.quantity(workload).is_zero] or api.meters[:1]
    for meter in counting:
        yield from _meter(report, meter, meter.name if len(api.meters) > 1 else "")
    yield f"  together    {money(offer.monthly)} USD"
    for title, result in (("with people", offer.with_people), ("stack alone", offer.without_people)):
        exact_volumes = ", ".join(quantity(v) for v in result.volumes) or "none"
        yield from _wrapped(title, f"break-even at {exact_volumes}; {verdict(result)}")
    yield from _wrapped("price", f"{api.source}, checked {api.checked}")
    for title, said in (("quota", over_quota(api, workload)), ("note", api.note)):
        yield from _wrapped(title, said) if said else ()


def _meter(report: Report, meter: Meter, name: str) -> Iterator[str]:
    """What one meter counts and charges; its name where the API has several."""
    workload, at = report.estimate.workload, Fraction(report.estimate.volume)
    units, start, tiers_total = meter.quantity(workload).at(at), Fraction(0), Fraction(0)
    if name:
        yield f"  {name}"
    yield from _wrapped("charged", _counted(meter, workload, at))
    for tier in meter.tiers:
        end = units if tier.up_to is None else min(units, Fraction(tier.up_to))
        inside = max(end - start, Fraction(0))
        mark = f" ({tier.mark})" if tier.mark else ""
        cost = inside * Fraction(tier.amount)
        yield f"  {tier.label or 'all':<12}{quantity(inside)} x {price(tier.amount)} = {money(cost)} USD{mark}"
        start, tiers_total = max(start, end), tiers_total + cost
    monthly = meter.curve(workload).at(at)
    if tiers_total != monthly:
        yield f"  free        {quantity(Fraction(meter.free))} a month = {money(monthly - tiers_total)} USD"


def _counted(meter: Meter, workload: Workload, at: Fraction) -> str:
    """How a meter comes from volume to units of charge."""
    if meter.rule == EACH_MONTH:
        return f"1 x {meter.unit_of_charge} a month, whatever the volume"
    each = meter.each(workload)
    if not meter.endpoint:
        return f"{quantity(each)} x {meter.unit_of_charge} for each of the {workload.volume.unit}"
    running = quantity(meter.endpoint.units(workload, each).at(at))
    rate, mark = quantity(meter.endpoint.per_second), f" ({meter.endpoint.mark})" if meter.endpoint.mark else ""
    return (
        f"by the {meter.unit_of_charge}: {running} run in all {quantity(workload.open_hours)} open hours, used or not; "
        f"each answers {rate} a second{mark}, one of the {workload.volume.unit} counts {quantity(each)}"
    )


def _unit(report: Report) -> str:
    return report.estimate.workload.volume.unit


def _reason(reason: Reason, unpriced: bool) -> Iterator[str]:
    yield f"{reason.resource.name}: {'NOT PRICED' if unpriced else 'free'}"
    yield f"  type      {reason.resource.type}"
    yield from _wrapped("because", reason.reason)
    yield ""


def _three(totals: list[Fraction]) -> str:
    low, expected, high = (money(t) for t in totals)
    return f"{low}, expected {expected}, high {high} USD a month"


def _wrapped(title: str, text: str) -> list[str]:
    return wrap(text, 80, initial_indent=f"  {title:<9} ", subsequent_indent=" " * 12)
