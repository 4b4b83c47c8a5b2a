"""The report for a pull request or a page."""

from collections.abc import Iterator, Sequence

from infra.costs.reports.documents import OWN, about, managed_names
from infra.costs.reports.report import Report, amounts, verdict
from infra.costs.reports.text import reason_line
from infra.costs.reports.words import money, price


def as_markdown(report: Report) -> str:
    """The report as GitHub-flavoured markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"## breakeven {report.verb}: {safe(report.name)}, {', '.join(report.regions)}"
    yield ""
    yield from table_of(("USD a month", "what", "low", "expected", "high"), 2)
    for part, values in report.parts.items():
        yield row_of((part, ", ".join(report.describe(part)), *amounts(values)))
    yield row_of(("**Total**", "", *(f"**{v}**" for v in amounts(report.monthly))))
    if report.comparison and report.comparison.people:
        yield row_of(("People", "", *(money(report.comparison.people),) * 3))
    yield from _offers(report)
    yield from _documents(report)
    yield from _open(report)


def _offers(report: Report) -> Iterator[str]:
    comparison = report.comparison
    if not comparison:
        return
    workload = report.estimate.workload
    yield ""
    yield from table_of(
        (f"{int(workload.volume.per_month):,} {workload.volume.unit} a month", "USD", "break-even", "without people"), 1
    )
    own = report.monthly.expected + comparison.people
    yield row_of(("Self-hosted", money(own), "", ""))
    for offer in comparison.offers:
        yield row_of((offer.api.name, money(offer.monthly), verdict(offer.with_people), verdict(offer.without_people)))
    if report.too_much:
        yield f"\n**{report.too_much}**"


def _documents(report: Report) -> Iterator[str]:
    cost = report.documents
    if not cost:
        return
    yield ""
    yield from table_of((f"1,000 documents ({about(report)})", "USD"), 1)
    yield row_of((OWN, money(cost.own)))
    yield row_of((managed_names(cost), money(cost.managed)))


def _open(report: Report) -> Iterator[str]:
    if report.unknown_usage:
        yield "\nDepends on usage that nobody stated, not in the totals:\n"
        for item in report.unknown_usage:
            yield f"- {safe(item.resource.name)}: {item.label}, {price(item.price.amount)} per {item.unit}"
    if report.estimate.unpriced:
        yield f"\nNot priced: {len(report.estimate.unpriced)}\n"
        yield from (f"- {safe(reason_line(reason))}" for reason in report.estimate.unpriced)
    yield f"\nFree: {len(report.estimate.free)} resources."
    yield from (f"\n{safe(note)}" for note in report.notes)


def table_of(titles: Sequence[str], words: int) -> Iterator[str]:
    """The head of a table; the first `words` columns hold words, the others numbers."""
    yield row_of(titles)
    yield "|" + "|".join("---" if n < words or not title else "---:" for n, title in enumerate(titles)) + "|"


def row_of(cells: Sequence[str]) -> str:
    """One row of a table."""
    return row_as_is(*map(safe, cells))


def row_as_is(*cells: str) -> str:
    """One row of cells that may hold marks, and whose names are `safe` or `code` already."""
    return "| " + " | ".join(cells) + " |"


def safe(text: str) -> str:
    """A text as it may stand in a table or a list: no cell ends early, no tag begins."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def code(text: str) -> str:
    """A name set in the letters of code."""
    return "`" + safe(text).replace("`", "'") + "`"
