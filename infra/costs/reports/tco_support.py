"""Support and outages of both sides: a table, and below it what each figure comes from."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from infra.costs.reports.markdown import row_of, safe, table_of
from infra.costs.reports.words import exact, money, quantity
from infra.costs.tco import Tco
from infra.costs.tco.support import Figure, Side, Support, support_of

TITLE: Final = "Support and outages, a year"
ROWS: Final = {
    "availability": "Availability, %",
    "downtime": "Downtime, hours",
    "answer": "First answer, hours",
    "repair": "Repair, hours",
    "support": "On-call and plans, USD",
    "outages": "Outages, USD",
    "credit": "Credit for one, USD",
}
MONEY: Final = frozenset({"support", "outages", "credit"})
LABEL: Final = 24
NUMBER: Final = 26
NONE: Final = "-"
BOUNDS: Final = {False: None, True: "at_most"}
PROMISE: Final = "A vendor's promise is no forecast: it may be down for less, and for more at the price of a credit."


def support_lines(tco: Tco) -> Iterator[str]:
    """The table in fixed columns, then a sentence for each figure, indented by two; to be wrapped."""
    found = _found(tco)
    yield f"{TITLE:<{LABEL}}".rstrip()
    yield f"{'':<{LABEL}}{found.own.name:>{NUMBER}}{_short(found.vendor.name):>{NUMBER}}"
    for key, label in ROWS.items():
        own, vendor = _figure(found.own, key), _figure(found.vendor, key)
        yield f"{label:<{LABEL}}{_cell(key, own):>{NUMBER}}{_cell(key, vendor):>{NUMBER}}"
    yield from (f"  {text}" for text in _sentences(found))


def support_markdown(tco: Tco) -> Iterator[str]:
    """The same as markdown."""
    found = _found(tco)
    yield from ("", f"### {TITLE}", "", *table_of(("", found.own.name, safe(found.vendor.name)), 1))
    for key, label in ROWS.items():
        own, vendor = _figure(found.own, key), _figure(found.vendor, key)
        yield row_of((label, _cell(key, own), _cell(key, vendor)))
    yield from ("", *(f"- {safe(text)}" for text in _sentences(found)))


def support_document(tco: Tco) -> dict[str, Any]:
    """The same for programs: value as a string or null, whether it bounds what may come, and its basis."""
    found = _found(tco)
    return {
        "self_hosted": _side(found.own),
        "vendor": _side(found.vendor),
        "notes": list(found.notes),
    }


def _found(tco: Tco) -> Support:
    return support_of(tco.workload, tco.api)


def _side(side: Side) -> dict[str, Any]:
    figures = {key: _figure(side, key) for key in ROWS}
    return {
        "name": side.name,
        **{
            key: {"value": _exact(figure.value), "bound": BOUNDS[figure.at_most], "basis": figure.basis}
            for key, figure in figures.items()
        },
    }


def _figure(side: Side, key: str) -> Figure:
    figure: Figure = getattr(side, key)
    return figure


def _cell(key: str, figure: Figure) -> str:
    if figure.value is None:
        return NONE
    words = money(figure.value) if key in MONEY else quantity(figure.value)
    return f"{words} at most" if figure.at_most else words


def _sentences(found: Support) -> Iterator[str]:
    """What each figure comes from, its side first; the same reason is given once."""
    said: set[str] = set()
    for side in (found.own, found.vendor):
        for key, label in ROWS.items():
            basis = _figure(side, key).basis
            if basis not in said:
                said.add(basis)
                yield f"{side.name}, {label.partition(',')[0].lower()}: {basis}"
    yield PROMISE
    yield from found.notes


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else exact(value)


def _short(name: str) -> str:
    return name if len(name) < NUMBER else f"{name[: NUMBER - 3]}.."
