"""The report for a terminal: at most 80 columns, what matters first."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from textwrap import wrap
from typing import Final

from infra.costs.compare import Comparison, Offer
from infra.costs.items import LineItem, Reason
from infra.costs.reports.documents import documents
from infra.costs.reports.plot import Line, plot
from infra.costs.reports.report import Report, amounts, verdict
from infra.costs.reports.words import Paint, decimal_of, money, price, volume

COLUMNS: Final = 80
PART: Final = 14
NUMBER: Final = 10
MOST_REGIONS: Final = 3
MARKS: Final = "ABCDEFGHJ"
SHOWN: Final = 8


def plain(text: str, look: str) -> str:
    """No colours."""
    return text


def as_text(report: Report, paint: Paint = plain) -> str:
    """The whole report as text."""
    sections = [_head(report, paint), _costs(report, paint)]
    if report.comparison:
        sections += [_offers(report, report.comparison, paint), _plot(report, report.comparison)]
        sections.append(documents(report, paint))
    sections += [_open(report, paint), _foot(report, paint)]
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _head(report: Report, paint: Paint) -> Iterator[str]:
    regions = report.regions
    where = ", ".join(regions) if len(regions) <= MOST_REGIONS else f"{regions[0]} and {len(regions) - 1} more regions"
    where = where or "no region"
    first = f"breakeven {report.verb}"
    room = COLUMNS - len(first) - len(where) - 6
    name = report.name if len(report.name) <= room else f"..{report.name[2 - room :]}"
    yield f"{paint(first, 'bold')}    {name}, {where}"
    yield paint(_ages(report), "dim")


def _ages(report: Report) -> str:
    """How old the prices are: of the instances, which make most of a bill, and of the rest."""
    instances = [p for p in report.prices if p.key.startswith("ec2_")]
    dates = sorted({p.checked for p in instances if p.checked})
    others = sorted({p.checked for p in report.prices if p.checked and p not in instances})
    said = [f"EC2 of {dates[0]}"] if dates else []
    said += ["spot undated"] if any(not p.checked for p in instances) else []
    if others:
        span = f"{others[0]} to {others[-1]}" if others[0] != others[-1] else f"{others[0]}"
        said.append(f"others of {span}" if said else f"of {span}")
    return f"Prices: {', '.join(said) or 'none used'}"


def _costs(report: Report, paint: Paint) -> Iterator[str]:
    rows = {part: amounts(values) for part, values in report.parts.items()}
    total = amounts(report.monthly)
    # Two spaces between columns at the least, however large the bill.
    width = max(NUMBER, *(len(number) + 2 for number in total))
    yield paint(_row("USD a month", (), ("low", "expected", "high"), width), "bold")
    for part, numbers in rows.items():
        yield _row(part, report.describe(part), numbers, width)
    yield paint(_row("Total", (), total, width), "bold")
    people = report.estimate.workload.people
    if report.comparison and report.comparison.people:
        said = f"{people.share} of {people.engineers} engineers"
        yield _row("People", (said,), (money(report.comparison.people),) * 3, width)


def _row(part: str, words: Sequence[str], numbers: Sequence[str], width: int) -> str:
    room = max(COLUMNS - PART - 3 * width, 0)
    return f"{part[: PART - 1]:<{PART}}{_fitting(words, room):<{room}}" + "".join(f"{n:>{width}}" for n in numbers)


def _fitting(words: Sequence[str], room: int) -> str:
    """As many of the words as fit, whole; the first one cut if even that does not."""
    shown = ""
    for word in words:
        longer = f"{shown}, {word}" if shown else word
        if len(longer) >= room:
            break
        shown = longer
    return shown or (f"{words[0][: max(room - 3, 0)].rstrip(', ')}.." if words else "")


def _offers(report: Report, comparison: Comparison, paint: Paint) -> Iterator[str]:
    workload = report.estimate.workload
    own = report.monthly.expected + comparison.people
    title = f"At {int(workload.volume.per_month):,} {workload.volume.unit} a month"
    yield paint(f"{title:<36}{'USD':>14}{'per million':>14}", "bold")
    yield _offer_row("Self-hosted, with people" if comparison.people else "Self-hosted", own, report)
    if comparison.people:
        yield _offer_row("Self-hosted, stack alone", report.monthly.expected, report)
    for offer in comparison.offers:
        cheaper = offer.monthly < own
        yield paint(_offer_row(offer.api.name, offer.monthly, report), "good" if cheaper else "")
    yield ""
    yield paint("Break-even", "bold")
    for offer in comparison.offers:
        yield from _verdicts(offer, bool(comparison.people))
    limit = comparison.infrastructure.limit
    if limit:
        yield from wrapped(f"Above {volume(limit.volume)} infeasible: {limit.reason}.")
    if report.too_much:
        yield from (paint(line, "bad") for line in wrapped(f"The volume asked for is not served: {report.too_much}."))


def _offer_row(name: str, monthly: Fraction, report: Report) -> str:
    at = Fraction(report.estimate.volume)
    million = money(monthly * 1_000_000 / at) if at else "-"
    return f"{name:<36}{money(monthly):>14}{million:>14}"


def _verdicts(offer: Offer, people: bool) -> Iterator[str]:
    yield from wrapped(f"{offer.api.name}: {verdict(offer.with_people)}", hang=2)
    if people:
        yield from wrapped(f"  without people: {verdict(offer.without_people)}", hang=4)


def _plot(report: Report, comparison: Comparison) -> Iterator[str]:
    offers = comparison.offers
    if not offers:
        return
    points = [v for o in offers for v in (*o.with_people.volumes, *o.without_people.volumes)]
    end = max([*points, Fraction(report.estimate.volume)]) * 3 / 2
    limit = comparison.infrastructure.limit
    if limit:
        end = min(end, limit.volume * 6 / 5) or limit.volume
    if end <= 0:
        return
    lines = [Line(mark, o.api.name, o.curve) for mark, o in zip(MARKS, offers, strict=False)]
    own = [Line("#", "self-hosted", comparison.self_hosted)]
    if comparison.people:
        own.insert(0, Line(".", "stack alone", comparison.infrastructure))
    yield from plot([*lines, *own], end, report.estimate.workload.volume.unit)


def _open(report: Report, paint: Paint) -> Iterator[str]:
    """What the totals leave out: lines that depend on usage, resources without a price, assumptions made."""
    if report.unknown_usage:
        yield paint("Depends on usage nobody stated (--usage FILE), not in the totals", "bold")
        yield from _capped([_unknown(i) for i in report.unknown_usage])
    if report.estimate.unpriced:
        yield paint(f"Not priced: {len(report.estimate.unpriced)}", "bad")
        for reason in report.estimate.unpriced[:SHOWN]:
            yield from wrapped(f"  {reason.resource.name} ({reason.resource.type}): {reason.reason}", hang=4)
        yield from _more(len(report.estimate.unpriced))
    for note in report.notes:
        yield from wrapped(f"Note: {note}", hang=6)


def _unknown(item: LineItem) -> str:
    part = f" {item.part}" if item.part else ""
    text = f"  {item.resource.name}{part}: {item.label}"
    cost = f"{price(item.price.amount)} per {item.unit}"
    return f"{text[: COLUMNS - len(cost) - 2]}  {cost}"


def _capped(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:SHOWN]
    yield from _more(len(lines))


def _more(count: int) -> Iterator[str]:
    if count > SHOWN:
        yield f"  and {count - SHOWN} more (--format json has them all)"


def _foot(report: Report, paint: Paint) -> Iterator[str]:
    free = len(report.estimate.free)
    unpriced = len(report.estimate.unpriced)
    marked = sum(bool(p.mark) for p in report.prices)
    remembered = f" Prices without a public source: {marked}." if marked else ""
    text = f"Free: {free} resources. Not priced: {unpriced}.{remembered} Every figure: breakeven explain NAME"
    yield from (paint(line, "dim") for line in wrapped(text))
    capacity = report.estimate.capacity
    if capacity and report.comparison:
        for kind, rows in groupby(sorted(capacity.figures, key=lambda c: c.kind), key=lambda c: c.kind):
            said = ", ".join(f"{c.instance_type} {decimal_of(c.rate_per_second, 0)}/s" for c in rows)
            yield from (paint(line, "dim") for line in wrapped(f"Capacity of {capacity.model}, {kind}: {said}"))


def wrapped(text: str, hang: int = 0) -> list[str]:
    """Lines of at most 80 columns; the first keeps its own indent, the others get `hang` spaces."""
    lead = len(text) - len(text.lstrip())
    return wrap(text, COLUMNS, initial_indent=" " * lead, subsequent_indent=" " * hang)


def reason_line(reason: Reason) -> str:
    """One line about a resource that has no price, for a message."""
    return f"{reason.resource.name} ({reason.resource.type}): {reason.reason}"
