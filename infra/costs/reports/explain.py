"""One resource or component unfolded: quantity x price, where each comes from, what it rests on."""

from collections.abc import Iterator
from fractions import Fraction
from textwrap import wrap

from infra.costs.errors import InputError
from infra.costs.estimate import part_of
from infra.costs.items import LineItem, Reason
from infra.costs.names import nearest
from infra.costs.reports.report import Report, cases
from infra.costs.reports.words import money, price, quantity


def explain(report: Report, name: str) -> str:
    """Every line of a resource (or of a component, by its name); raises InputError when there is none."""
    estimate = report.estimate
    items = [i for i in estimate.items if name in _names(i)]
    reasons = [r for r in (*estimate.free, *estimate.unpriced) if name in (r.resource.name, r.resource.urn)]
    if not items and not reasons:
        known = {n for i in estimate.items for n in _names(i)} | {r.resource.name for r in estimate.free}
        raise InputError(name, f"no such resource or component{nearest(name, known)}", "see `breakeven preview`")
    lines: list[str] = []
    for item in items:
        lines += _item(report, item)
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
    if item.resource.component:
        yield from _wrapped("assumes", f"the workload: {estimate.workload.source}")
    yield ""


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
