"""The break-even of a steady estimate and of a simulated one, side by side: text, markdown, rows for programs."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any, Final

from infra.costs.bursts import BothWays, WithBursts
from infra.costs.compare import BreakEven
from infra.costs.curves import Limit
from infra.costs.reports.machine import break_even_row
from infra.costs.reports.markdown import row_of, safe, table_of
from infra.costs.reports.report import ranges
from infra.costs.reports.text import COLUMNS, plain
from infra.costs.reports.words import Paint, exact, money, volume

STEADY: Final = "steady"
BURSTS: Final = "with bursts (simulated)"
NEVER: Final = "the API wins"
NO_LIMIT: Final = "-"
NOT_SERVED: Final = "not served"
WIDTHS: Final = (34, 21, 25)


def bursts_text(found: WithBursts, paint: Paint = plain) -> str:
    """The table in at most 80 columns, and where the simulated numbers come from."""
    lines = [paint(line, "bold") for line in _columns(("Break-even", STEADY, BURSTS))]
    for cells in _table(found):
        lines += _columns(cells)
    lines.append("")
    for said in _notes(found):
        lines += (paint(line, "dim") for line in wrap(said, COLUMNS, subsequent_indent="  "))
    return "\n".join(lines) + "\n"


def bursts_markdown(found: WithBursts) -> str:
    """The same as a table."""
    lines = [*table_of(("Self-hosting wins", STEADY, BURSTS), 3), *map(row_of, _table(found))]
    lines += ["", *(f"- {safe(said)}" for said in _notes(found))]
    return "\n".join(lines) + "\n"


def bursts_document(found: WithBursts) -> dict[str, Any]:
    """The comparison for programs: numbers as strings, break-evens as in the report's offers."""
    steady, simulated = found.monthly
    return {
        "volume": {"unit": found.steady.workload.volume.unit, "per_month": exact(found.steady.volume)},
        "people_monthly": exact(found.people),
        "monthly": {"steady": exact(steady), "simulated": exact(simulated)},
        "simulated": found.words,
        "rows": [_row(row) for row in found.rows],
    }


def _row(row: BothWays) -> dict[str, Any]:
    steady, bursts = row.break_evens(people=True)
    steady_alone, bursts_alone = row.break_evens(people=False)
    return {
        "api": row.api.key,
        "steady": {**break_even_row(steady), "without_people": break_even_row(steady_alone)},
        "simulated": {**break_even_row(bursts), "without_people": break_even_row(bursts_alone)},
    }


def _table(found: WithBursts) -> Iterator[tuple[str, str, str]]:
    for row in found.rows:
        steady, bursts = map(_cell, row.break_evens(people=True))
        yield row.api.name, steady, bursts
        if found.people:
            steady, bursts = map(_cell, row.break_evens(people=False))
            yield f"{row.api.name}, stack alone", steady, bursts
    steady, bursts = map(_end, found.limits)
    yield "Serves up to", steady, bursts
    asked = found.steady.workload.volume
    # Beyond its limit a bill is that of what still runs, which is not what was asked for.
    steady, bursts = (
        NOT_SERVED if limit and asked.per_month > limit.volume else money(monthly)
        for monthly, limit in zip(found.monthly, found.limits, strict=True)
    )
    yield f"USD for {int(asked.per_month):,} {asked.unit}", steady, bursts


def _notes(found: WithBursts) -> Iterator[str]:
    with_people = f" with people at {money(found.people)} USD a month" if found.people else ""
    yield f"Ranges of volume a month in which self-hosting costs less{with_people}; USD are the stack alone."
    for name, words in found.words.items():
        yield f"Instances of {name}: {words}."
    limit = found.limits[1]
    if limit:
        yield f"Above {volume(limit.volume)} with bursts: {limit.reason}."


def _cell(result: BreakEven) -> str:
    return ranges(result) or NEVER


def _end(limit: Limit | None) -> str:
    return volume(limit.volume) if limit else NO_LIMIT


def _columns(cells: Sequence[str]) -> Iterator[str]:
    """A row of the table, each cell wrapped in its column."""
    wrapped = [
        wrap(cell, width - 1, subsequent_indent="  ", break_on_hyphens=False) or [""]
        for cell, width in zip(cells, WIDTHS, strict=True)
    ]
    for parts in zip_longest(*wrapped, fillvalue=""):
        yield "".join(f"{part:<{width}}" for part, width in zip(parts, WIDTHS, strict=True)).rstrip()
