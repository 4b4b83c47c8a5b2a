"""Lines of the account as a whole: transfer that the usage file states, and the free tiers' allowances."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Final

from infra.costs.curves import Curve
from infra.costs.items import CASES, Cases, LineItem, Outcome, Reason
from infra.costs.pricers.transfer import TRANSFER_TYPE, transfer_lines
from infra.costs.prices import NO_PRICE, PriceBook
from infra.costs.pricing import Pricing
from infra.costs.stack import Inputs, Resource, Stack
from infra.costs.usage import TRANSFER, Usage

FREE_TIER_TYPE: Final = "breakeven:billing:FreeTier"


def transfer(stack: Stack, usage: Usage, book: PriceBook, region: str) -> Outcome:
    """The usage file's transfer table, priced in its own region or else this one."""
    table = usage.tables.get(TRANSFER)
    if not table:
        return Outcome()
    where = str(table.get("region") or region)
    resource = _made(TRANSFER, TRANSFER_TYPE, where)
    pricing = Pricing(resource=resource, stack=stack, book=book, region=book.region(where), usage=table)
    lines = tuple(line for line in transfer_lines(pricing) if line.price is not NO_PRICE)
    part = "in part: " if lines else ""
    return Outcome(
        items=lines,
        unpriced=tuple(
            Reason(resource=resource, reason=f"{part}{problem}", exit_code=problem.exit_code)
            for problem in pricing.problems
        ),
    )


def free_tier(items: Iterable[LineItem]) -> Iterator[LineItem]:
    """One line for each allowance, taking off what of the whole account's quantity it covers."""
    by_price: dict[str, list[LineItem]] = {}
    for item in items:
        if item.price.free is not None and item.quantity is not None:
            by_price.setdefault(item.price.key, []).append(item)
    resource = _made("free tier", FREE_TIER_TYPE)
    for lines in by_price.values():
        first = lines[0]
        allowance = Fraction(first.price.free or 0)
        used = Cases(*(Curve.total(i.quantity[case] for i in lines if i.quantity) for case in CASES))
        yield replace(
            first,
            resource=resource,
            label=f"Free: {float(allowance):g} {first.unit} {first.price.free_period} ({first.label})",
            quantity=used.map(lambda c, a=allowance: -c.tier(0, a)),  # type: ignore[misc]
            part="",
            basis="an allowance of the whole account",
            spread=None,
        )


def _made(name: str, token: str, region: str = "") -> Resource:
    return Resource(urn=f"urn:pulumi:none::none::{token}::{name}", type=token, inputs=Inputs({}, name), region=region)
