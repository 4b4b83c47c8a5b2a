"""Total cost of ownership as text, as markdown and for programs: scenarios side by side, then what they rest on."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from textwrap import wrap
from typing import Any, Final

from infra.costs.estimate import CURRENCY
from infra.costs.reports.markdown import row_of, safe, table_of
from infra.costs.reports.tco_support import support_document, support_lines, support_markdown
from infra.costs.reports.text import COLUMNS, plain
from infra.costs.reports.words import Paint, exact, money, quantity, volume
from infra.costs.tco.people import built_by_hand
from infra.costs.tco.types import Scenario, ScenarioKey, Tco

LABEL: Final = 20
NUMBER: Final = 15
NOTHING: Final = "-"
MILLION: Final = 1_000_000
SHOWN: Final = {
    "volume": ("per_month", "unit", "peak_to_average", "hours_open_per_day"),
    "serving": ("utilisation",),
    "people": (),
    "ownership": (),
    "support": (),
}
"""Sections of the workload that the figures rest on, with their keys; none: all of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: its name, a cell for each scenario, and how it looks."""

    name: str
    cells: tuple[str, ...]
    look: str = ""


def tco_text(tco: Tco, paint: Paint = plain, name: str = "") -> str:
    """The report for a terminal, at most 80 columns; `name` says of which stack."""
    rows = list(_rows(tco))
    width = max(NUMBER, *(len(cell) + 2 for row in rows for cell in row.cells))
    lines = [paint("breakeven tco", "bold") + (f"    {name}" if name else ""), *_wrapped(_subject(tco)), ""]
    for row in rows:
        text = f"{row.name:<{LABEL}}" + "".join(f"{cell:>{width}}" for cell in row.cells)
        lines.append(paint(text.rstrip(), row.look))
    lines += ["", *(line for text in _findings(tco) for line in _wrapped(text))]
    for scenario in tco.scenarios.values():
        lines += [
            "",
            paint(scenario.name, "bold"),
            *(line for text in _about(tco, scenario) for line in _wrapped(text)),
        ]
    title, *rest = support_lines(tco)
    lines += ["", paint(title, "bold"), *(line for text in rest for line in _kept(text))]
    lines += ["", paint("Assumed", "bold")]
    for key, value, about in _assumptions(tco):
        lines += wrap(f"{key} = {_said(value)}  {about}", COLUMNS, initial_indent="  ", subsequent_indent=" " * 6)
    return "\n".join(lines) + "\n"


def tco_markdown(tco: Tco, name: str = "") -> str:
    """The report as GitHub-flavoured markdown."""
    head, *rows = _rows(tco)
    lines = [f"## breakeven tco{f': {safe(name)}' if name else ''}", "", _subject(tco), ""]
    lines += [*table_of((head.name, *head.cells), 1), *(row_of((row.name.strip(), *row.cells)) for row in rows)]
    lines += ["", *(f"- {text}" for text in _findings(tco))]
    for scenario in tco.scenarios.values():
        lines += ["", f"### {scenario.name}", "", *(f"- {safe(text.strip())}" for text in _about(tco, scenario))]
    lines += support_markdown(tco)
    lines += ["", "### Assumed", "", *table_of(("key", "value", "meaning"), 3)]
    lines += [row_of((f"`{key}`", _said(value), about)) for key, value, about in _assumptions(tco)]
    return "\n".join(lines) + "\n"


def tco_document(tco: Tco) -> dict[str, Any]:
    """The report for programs, every number a string; docs/tco.md describes it."""
    return {
        "currency": CURRENCY,
        "api": {"key": tco.api.key, "name": tco.api.name},
        "unit": tco.workload.volume.unit,
        "volumes": [exact(units) for units in tco.volumes],
        "scenarios": {key: _scenario(tco, key) for key in tco.scenarios},
        "cheapest": tco.cheapest,
        "cheapest_by_month": [tco.cheapest_in(month) for month in range(len(tco.volumes))],
        "changes": [{"month": str(month + 1), "cheapest": key} for month, key in tco.changes],
        "support": support_document(tco),
        "build": {"by_hand": exact(built_by_hand(tco.workload)), "toolkit_saves": exact(_saved(tco))},
        "assumptions": {key: _plain(value) for key, value, _ in _assumptions(tco)},
    }


def _scenario(tco: Tco, key: ScenarioKey) -> dict[str, Any]:
    found, ends = tco.scenarios[key], tco.ends_from(key)
    limit = None if ends is None else tco.ends(key, ends)
    return {
        "name": found.name,
        "parts": [
            {"name": part.name, "first_month": _exact(_of_part(tco, key, part.name)), "basis": part.basis}
            for part in found.parts
        ],
        "once": [{"name": one.name, "amount": exact(one.amount), "basis": one.basis} for one in found.once],
        "months": [_exact(tco.monthly(key, month)) for month in range(len(tco.volumes))],
        "paid_once": exact(found.paid_once),
        "paid_once_monthly": exact(tco.amortised(key)),
        "total": _exact(tco.total(key)),
        "per_unit": _exact(tco.per_unit(key)),
        "impossible": found.impossible or None,
        "ends": limit and {"month": str((ends or 0) + 1), "above": exact(limit.volume), "reason": limit.reason},
        "assumes": found.assumes,
        "unknown": list(found.unknown),
    }


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else exact(value)


def _rows(tco: Tco) -> Iterator[Row]:
    """The table: names, parts in the first month, months, what is paid once, totals."""
    keys, last, best = tuple(tco.scenarios), len(tco.volumes) - 1, tco.cheapest
    yield Row("USD", tuple(tco.scenarios[key].name for key in keys), "bold")
    for name in _part_names(tco):
        yield Row(name, tuple(_cell(_of_part(tco, key, name)) for key in keys))
    yield Row("First month", tuple(_cell(tco.monthly(key, 0)) for key in keys), "bold")
    yield Row("Last month", tuple(_cell(tco.monthly(key, last)) for key in keys))
    yield Row("Paid once", tuple(_cell(_had(tco, key, tco.scenarios[key].paid_once)) for key in keys))
    spread = f"  a month, over {tco.workload.ownership.amortised_months:f}"
    yield Row(spread, tuple(_cell(_had(tco, key, tco.amortised(key))) for key in keys))
    yield Row(f"Total, {len(tco.volumes)} months", tuple(_cell(tco.total(key)) for key in keys), "bold")
    yield Row("Per million units", tuple(_cell(_million(tco.per_unit(key))) for key in keys))
    yield Row("Cheapest", tuple("*" if key == best else "" for key in keys), "good")


def _part_names(tco: Tco) -> list[str]:
    """The parts that cost something in any scenario, in the order of the scenario that has the most."""
    ways = sorted(tco.scenarios.values(), key=lambda way: -len(way.parts))
    return list(dict.fromkeys(part.name for way in ways for part in way.parts if not part.monthly.is_zero))


def _of_part(tco: Tco, key: ScenarioKey, name: str) -> Fraction | None:
    """USD of a part in the first month; None where the scenario cannot be had or has no such part."""
    if tco.monthly(key, 0) is None:
        return None
    found = next((part for part in tco.scenarios[key].parts if part.name == name), None)
    return found.monthly.at(tco.volumes[0]) if found else None


def _had(tco: Tco, key: ScenarioKey, value: Fraction) -> Fraction | None:
    return None if tco.scenarios[key].impossible else value


def _cell(value: Fraction | None) -> str:
    return NOTHING if value is None else money(value)


def _million(value: Fraction | None) -> Fraction | None:
    return None if value is None else value * MILLION


def _subject(tco: Tco) -> str:
    first, last, unit = tco.volumes[0], tco.volumes[-1], tco.workload.volume.unit
    grows = f" in the first month, {quantity(last)} in the last" if last != first else " a month"
    return f"{quantity(first)} {unit}{grows}; {len(tco.volumes)} months; beside {tco.api.name}"


def _findings(tco: Tco) -> Iterator[str]:
    """Who is cheapest in total and in which months, and why a scenario has no total."""
    best = tco.scenarios[tco.cheapest].name
    yield f"Cheapest over {len(tco.volumes)} months: {best}, {_cell(tco.total(tco.cheapest))} USD."
    first = tco.scenarios[tco.cheapest_in(0)].name
    if not tco.changes:
        yield f"Month by month, what is paid once left out: {first} is the cheapest throughout."
    else:
        later = ", ".join(f"{tco.scenarios[key].name} from month {month + 1}" for month, key in tco.changes)
        yield f"Month by month, what is paid once left out: {first} is the cheapest, {later}."
    for key, scenario in tco.scenarios.items():
        month = tco.ends_from(key)
        limit = None if month is None or scenario.impossible else tco.ends(key, month)
        if limit:
            at = f"from month {(month or 0) + 1} on it cannot answer ({volume(limit.volume)} a month at most)"
            yield f"{scenario.name} has no total: {at}: {limit.reason}."
    yield (
        f"Building by hand what the toolkit holds would cost {money(built_by_hand(tco.workload))} USD; "
        f"that it takes away {money(_saved(tco))} of them is an assumption (ownership.toolkit_saves)."
    )


def _saved(tco: Tco) -> Fraction:
    return built_by_hand(tco.workload) * Fraction(tco.workload.ownership.toolkit_saves)


def _about(tco: Tco, scenario: Scenario) -> Iterator[str]:
    """Why it cannot be had, else what it is made of; what it assumes and leaves out."""
    if scenario.impossible:
        yield f"  Cannot be had: {scenario.impossible}"
        return
    for part in scenario.parts:
        if not part.monthly.is_zero:
            yield f"  {part.name}: {part.basis}"
    for one in scenario.once:
        yield f"  {one.name}, once: {one.basis}"
    yield f"  Assumes: {scenario.assumes}"
    for text in scenario.unknown:
        yield f"  Not in these figures: {text}"


def _assumptions(tco: Tco) -> Iterator[tuple[str, Decimal | str, str]]:
    """Key, value and meaning of every assumption."""
    for section, keys in SHOWN.items():
        held = getattr(tco.workload, section)
        for field in fields(held):
            if keys and field.name not in keys:
                continue
            value = tco.workload.people.salary if field.name == "salary_per_year" else getattr(held, field.name)
            yield f"{section}.{field.name}", value, field.metadata["about"]


def _said(value: Decimal | str) -> str:
    return f"{value:,f}" if isinstance(value, Decimal) else value


def _plain(value: Decimal | str) -> str:
    return exact(value) if isinstance(value, Decimal) else value


def _kept(text: str) -> list[str]:
    """A row of a table as it is; a sentence, which is indented, wrapped."""
    return _wrapped(text) if text.startswith("  ") and text.strip()[0].isalpha() and ": " in text else [text]


def _wrapped(text: str) -> list[str]:
    lead = len(text) - len(text.lstrip())
    return wrap(text.lstrip(), COLUMNS, initial_indent=" " * lead, subsequent_indent=" " * (2 * lead))
