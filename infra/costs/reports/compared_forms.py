"""What a comparison looks like: text of at most 80 columns, markdown, and a document for programs."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from textwrap import wrap
from typing import Any, Final

from infra.costs.reports.compared import Compared, Row
from infra.costs.reports.markdown import row_of, table_of
from infra.costs.reports.report import cases, verdict
from infra.costs.reports.text import COLUMNS
from infra.costs.reports.words import Paint, decimal_of, exact, money, volume

NUMBER: Final = 11
NUMBERS: Final = (10, 11, 11, 12)
"""The columns' widths, wider where a bill is larger."""
PART: Final = 36
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_LINES: Final = 24


def compared_text(compared: Compared, paint: Paint) -> str:
    """The rows, then the lines in which they differ."""
    sections = [list(_rows(compared, paint)), list(_reasons(compared, paint)), list(_differences(compared, paint))]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def compared_markdown(compared: Compared) -> str:
    """The same as two tables."""
    titles = ("", "stack", "low", "expected", "high", "with people", "per million", "break-even", "serves", "capacity")
    lines = [*table_of((*titles, "not priced"), 2)]
    for letter, row in _lettered(compared):
        cells = (*_amounts(row), _million(row), _break_even(row), _limit(row), _capacity(row), str(row.unpriced))
        name = f"**{row.label}** (cheapest)" if row is compared.cheapest else row.label
        lines.append(row_of((letter, name, *cells)))
    lines += [f"\n{letter}: {row.reason}" for letter, row in _lettered(compared) if row.reason]
    priced = [letter for letter, row in _lettered(compared) if row.report]
    if compared.differing:
        lines += ["", *table_of(("USD a month expected", *priced), 1)]
        for (part, label), values in compared.differing.items():
            lines.append(row_of((f"{part}: {label}", *map(_cell, values))))
    return "\n".join(lines) + "\n"


def compared_document(compared: Compared) -> dict[str, Any]:
    """The comparison for programs; docs/compare.md describes it."""
    first = next((row.report for row in compared.rows if row.report), None)
    cheapest = compared.rows.index(compared.cheapest) if compared.cheapest else None
    return {
        "currency": "USD",
        "volume": {
            "unit": first.estimate.workload.volume.unit,
            "per_month": exact(first.estimate.volume),
            "peak_to_average": exact(first.estimate.workload.volume.peak_to_average),
        }
        if first
        else None,
        "rows": [_document(row) for row in compared.rows],
        "cheapest": None if cheapest is None else str(cheapest),
        "differing": [
            {"part": part, "line": label, "monthly": [None if v is None else exact(v) for v in values]}
            for (part, label), values in compared.differing.items()
        ],
    }


def _document(row: Row) -> dict[str, Any]:
    offer, capacity = row.best_offer, row.capacity
    return {
        "stack": row.name,
        "region": row.where,
        "instance_types": row.types,
        "status": row.status,
        "reason": row.reason,
        "monthly": {case: exact(row.report.monthly[case]) for case in cases()} if row.report else None,
        "with_people": exact(row.report.monthly.expected + row.people) if row.report else None,
        "per_million": None if row.per_million is None else exact(row.per_million),
        "break_even": {
            "api": offer.api.key,
            "monthly": exact(offer.monthly),
            "volumes": [exact(v) for v in offer.with_people.volumes],
            "without_people": [exact(v) for v in offer.without_people.volumes],
        }
        if offer
        else None,
        "limit": None if row.limit is None else exact(row.limit),
        "capacity": {"rate_per_second": exact(capacity.rate_per_second), "kind": capacity.kind} if capacity else None,
        "unpriced": str(row.unpriced),
    }


def _lettered(compared: Compared) -> Iterator[tuple[str, Row]]:
    for index, row in enumerate(compared.rows):
        rounds, place = divmod(index, len(LETTERS))
        yield (LETTERS[rounds - 1] if rounds else "") + LETTERS[place], row


def _rows(compared: Compared, paint: Paint) -> Iterator[str]:
    titles = ("low", "expected", "high", "with people")
    columns = zip(*map(_amounts, compared.rows), strict=True)
    widths = [max(width, *(len(text) + 1 for text in texts)) for width, texts in zip(NUMBERS, columns, strict=True)]
    name = COLUMNS - sum(widths)
    report = next((row.report for row in compared.rows if row.report and row.report.comparison), None)
    if report:
        asked = report.estimate.workload.volume
        said = f"{int(asked.per_month):,} {asked.unit} a month, peak {asked.peak_to_average} x the average"
        yield f"{paint('breakeven compare', 'bold')}    {said}"
        yield ""
    yield paint(f"{'USD a month':<{name}}{_columns(titles, widths)}", "bold")
    for letter, row in _lettered(compared):
        best = row is compared.cheapest
        said = f"{letter}{'*' if best else ' '} {row.label}"
        # A region's name has hyphens and stays whole.
        first, *others = wrap(said, name - 1, subsequent_indent="   ", break_on_hyphens=False)
        yield paint(f"{first:<{name}}{_columns(_amounts(row), widths)}", "good" if best else "")
        yield from others
        said = "; ".join(filter(None, _about(row)))
        yield from (paint(line, "dim") for line in wrap(said, COLUMNS, initial_indent="   ", subsequent_indent="   "))
    yield ""
    yield "* the cheapest that serves the volume" if compared.cheapest else "None can be compared in full."


def _about(row: Row) -> Iterator[str]:
    if not row.report:
        yield row.refused
        return
    yield f"{_million(row)} per million with people" if row.per_million is not None else ""
    yield _break_even(row)
    yield f"serves up to {_limit(row)}" if row.limit is not None else ""
    yield _capacity(row)
    yield f"not priced: {row.unpriced}" if row.unpriced else ""


def _reasons(compared: Compared, paint: Paint) -> Iterator[str]:
    for letter, row in _lettered(compared):
        if row.reason and row.report:
            text = f"{letter} {row.status}: {row.reason}"
            yield from (paint(line, "bad") for line in wrap(text, COLUMNS, subsequent_indent="    "))


def _differences(compared: Compared, paint: Paint) -> Iterator[str]:
    """The lines side by side, so many rows at a time as fit."""
    priced = [letter for letter, row in _lettered(compared) if row.report]
    if not compared.differing:
        return
    cells = [_cell(value) for values in compared.differing.values() for value in values]
    width = max(NUMBER, *(len(cell) + 1 for cell in cells))
    fitting = (COLUMNS - PART) // width
    yield paint("Where they differ, USD a month expected", "bold")
    for start in range(0, len(priced), fitting):
        letters = priced[start : start + fitting]
        yield paint(f"{'':<{PART}}" + _columns(letters, [width] * fitting), "bold")
        for (part, label), values in list(compared.differing.items())[:MOST_LINES]:
            shown = values[start : start + fitting]
            if any(value is not None for value in shown):
                yield f"{part[:13]:<14}{label[:21]:<22}" + _columns([*map(_cell, shown)], [width] * fitting)
    if len(compared.differing) > MOST_LINES:
        yield f"and {len(compared.differing) - MOST_LINES} more lines (--format json has them all)"


def _columns(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=False))


def _amounts(row: Row) -> tuple[str, str, str, str]:
    if not row.report:
        return "-", "-", "-", "-"
    low, expected, high = (money(row.report.monthly[case]) for case in cases())
    return low, expected, high, money(row.report.monthly.expected + row.people) if row.report.comparison else "-"


def _million(row: Row) -> str:
    return "-" if row.per_million is None else money(row.per_million)


def _limit(row: Row) -> str:
    return "-" if row.limit is None else f"{volume(row.limit)} a month"


def _capacity(row: Row) -> str:
    found = row.capacity
    return f"{found.instance_type} {decimal_of(found.rate_per_second, 0)}/s {found.kind}" if found else ""


def _break_even(row: Row) -> str:
    offer = row.best_offer
    return f"{offer.api.name}: {verdict(offer.with_people)}" if offer else ""


def _cell(value: Fraction | None) -> str:
    return "-" if value is None else money(value)
