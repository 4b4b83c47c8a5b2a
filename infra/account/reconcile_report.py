"""A reconciliation as text, Markdown and JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from textwrap import wrap
from typing import Any, Final

from infra.account.bill import USAGE
from infra.account.reconcile import Line, Reconciliation, Service
from infra.costs.reports.markdown import row_of, table_of
from infra.costs.reports.text import COLUMNS
from infra.costs.reports.words import exact, money, quantity

NUMBER: Final = 12
SMALL: Final = Fraction(1, 200)
"""Half a cent: what does not show in a table is not explained."""
NO_TAG: Final = (
    "no cost of the month bears the tag {tag}: activate it as a cost allocation tag in Billing (the management "
    "account does); it shows within a day, for costs from then on"
)


def as_text(found: Reconciliation) -> str:
    """Columns of USD with the explanation of every difference below its service."""
    rows = [("USD", ("estimate", "bill", "difference")), *_rows(found)]
    width = max(NUMBER, *(len(number) + 2 for _, numbers in rows for number in numbers))
    head, *services, total = (_columns(name, numbers, width) for name, numbers in rows)
    lines = [line for text in _head(found) for line in _wrapped(text)]
    lines += ["", *head]
    for service, row in zip(found.services, services, strict=True):
        lines += row
        lines += (line for text in _explained(service) for line in _wrapped(text, 2))
    tail = (line for text in _tail(found) for line in _wrapped(text))
    return "\n".join([*lines, *total, "", *tail]) + "\n"


def as_markdown(found: Reconciliation) -> str:
    """A table of services and a list of explanations."""
    lines = [f"### {_head(found)[0]}", *_head(found)[1:], "", *table_of(("USD", "estimate", "bill", "difference"), 1)]
    *services, (total, numbers) = _rows(found)
    lines += (row_of((name, *numbers)) for name, numbers in [*services, (f"**{total}**", numbers)])
    lines.append("")
    for service in found.services:
        lines += (f"- {service.name}: {text}" for text in _explained(service))
    return "\n".join([*lines, "", *(f"- {line}" for line in _tail(found))]) + "\n"


def as_json(found: Reconciliation) -> str:
    """The same for a machine; every number is a string in plain digits."""
    bill = found.bill
    document = {
        "name": found.name,
        "currency": "USD",
        "month": bill.month.name,
        "days": {"covered": bill.month.days, "of_month": bill.month.days_of_month},
        "bill_is_estimated": bill.estimated,
        "tags": dict(bill.tags),
        "tag_seen": bill.tag_seen,
        "estimate": exact(found.estimated),
        "bill": exact(bill.total),
        "services": [_service_document(service) for service in found.services],
        "apart": _amounts(bill.apart),
        "untagged": _amounts(bill.untagged),
        "other_tag_values": exact(bill.other),
        "unstated": list(found.unstated),
        "unpriced": list(found.unpriced),
        "requests": bill.requests,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _head(found: Reconciliation) -> list[str]:
    bill = found.bill
    state = "still changes" if bill.estimated else "final"
    tags = ", ".join(f"{key}={value}" for key, value in bill.tags.items())
    first = f"{found.name}: estimate and bill of {bill.month.name}"
    return [first, f"{bill.month.days} of {bill.month.days_of_month} days, bill {state}, unblended; tags {tags}"]


def _rows(found: Reconciliation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Estimate, bill and difference of every service, then of all."""
    sides = [(service.name, service.estimated, service.billed) for service in found.services]
    for name, estimated, billed in [*sides, ("total", found.estimated, found.bill.total)]:
        yield name, (money(estimated), money(billed), _signed(billed - estimated))


def _columns(name: str, numbers: Sequence[str], width: int) -> Iterator[str]:
    """A name with numbers of a width; what is too long of it stands below."""
    room = COLUMNS - 2 - width * len(numbers)
    first, *others = wrap(name, room - 1, subsequent_indent="  ")
    yield f"{first:<{room}}" + "".join(f"{number:>{width}}" for number in numbers)
    yield from others


def _wrapped(text: str, lead: int = 0) -> list[str]:
    # A usage type has hyphens and stays whole.
    start, rest = " " * lead, " " * (lead + 4)
    return wrap(text, COLUMNS, initial_indent=start, subsequent_indent=rest, break_on_hyphens=False)


def _explained(service: Service) -> Iterator[str]:
    for line in service.lines:
        if abs(line.difference) >= SMALL:
            yield f"{_signed(line.difference)} {line.usage}: {_why(line)}"


def _why(line: Line) -> str:
    """What makes the difference of one usage type."""
    unit = f" ({line.unit})" if line.unit else ""
    billed = quantity(line.billed.quantity) if line.billed else "0"
    if line.estimated is None:
        return f"not in the estimate, {billed} billed{unit}"
    counted = quantity(line.estimated.quantity)
    if line.billed is None:
        return f"not on the bill, {counted} estimated{unit}"
    parts = []
    if line.by_quantity is not None and abs(line.by_quantity) >= SMALL:
        parts.append(f"{_signed(line.by_quantity)} by quantity, {billed} billed, {counted} estimated{unit}")
    if line.by_price is not None and abs(line.by_price) >= SMALL and line.billed.quantity:
        paid, listed = line.billed.cost / line.billed.quantity, line.price or Fraction(0)
        parts.append(f"{_signed(line.by_price)} by price, {_price(paid)} billed, {_price(listed)} estimated")
    return "; ".join(parts) or "rounding"


def _tail(found: Reconciliation) -> Iterator[str]:
    bill = found.bill
    if not bill.tag_seen:
        yield NO_TAG.format(tag=next(iter(bill.tags)))
    elif not bill.usage:
        wanted = ", ".join(f"{key}={value}" for key, value in bill.tags.items())
        yield f"the tag is active, but no cost of the month bears {wanted}: check --stack, --tag and --month"
    unknown = [service.name for service in found.services if service.is_unknown]
    if unknown:
        yield f"on the bill, not in the estimate: {', '.join(unknown)}"
    if bill.apart:
        yield f"apart, with these tags: {_list(bill.apart)}"
    usage = sum((cost for record, cost in bill.untagged.items() if record in USAGE), Fraction(0))
    tag = next(iter(bill.tags))
    yield f"usage of the account without the tag {tag}: {money(usage)}; with another value: {money(bill.other)}"
    rest = {record: cost for record, cost in bill.untagged.items() if record not in USAGE}
    if rest:
        yield f"of the account, without the tag: {_list(rest)}"
    if found.unpriced:
        yield f"not priced, so not in the estimate in whole or in part: {'; '.join(found.unpriced)}"
    if found.unstated:
        yield f"counted as nothing, for want of usage (--usage FILE): {', '.join(found.unstated)}"
    yield f"{bill.requests} requests to Cost Explorer, {money(Fraction(bill.requests, 100))} USD"


def _service_document(service: Service) -> dict[str, Any]:
    return {
        "service": service.name,
        "estimate": exact(service.estimated),
        "bill": exact(service.billed),
        "lines": [_line_document(line) for line in service.lines],
    }


def _line_document(line: Line) -> dict[str, Any]:
    sides = {
        name: None if side is None else {"cost": exact(side.cost), "quantity": exact(side.quantity)}
        for name, side in (("estimate", line.estimated), ("bill", line.billed))
    }
    return {
        "usage": line.usage,
        "unit": line.unit,
        **sides,
        "by_quantity": None if line.by_quantity is None else exact(line.by_quantity),
        "by_price": None if line.by_price is None else exact(line.by_price),
    }


def _amounts(costs: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: exact(cost) for name, cost in sorted(costs.items())}


def _list(costs: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} {money(cost)}" for name, cost in sorted(costs.items()))


def _signed(value: Fraction) -> str:
    text = money(value)
    return text if text.startswith("-") or text == "0.00" else f"+{text}"


def _price(value: Fraction) -> str:
    return exact(round(value, 6))
