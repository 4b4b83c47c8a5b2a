"""What the page says as it was written: assumptions, prices, ownership, recommendation. The sliders do not move it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from infra.costs.reports import Report
from infra.costs.reports.words import money, price, quantity
from infra.costs.tco.types import Scenario, Tco
from infra.costs.workload import Workload

if TYPE_CHECKING:
    from infra.costs.decide import Answer

LEFT, RIGHT, TOP, BOTTOM = 90, 700, 24, 220
"""Where the lines of months lie in their drawing."""
LABEL: Final = 20
NOTHING: Final = "-"


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """One section of the workload with its keys, values and meanings."""

    name: str
    rows: tuple[dict[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One way's cost so far, month by month: points of a polyline, its letter and where that stands."""

    mark: str
    points: str
    label: int


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """Ways side by side over the months."""

    months: int
    cheapest: str
    top: str
    lines: tuple[Line, ...]
    rows: tuple[dict[str, Any], ...]


def assumptions(workload: Workload) -> tuple[Assumed, ...]:
    """Every value of the workload, by section."""
    sections = [f.name for f in fields(Workload) if f.name not in ("capacity", "source")]
    stated = [Assumed(name=name, rows=tuple(_keys(getattr(workload, name)))) for name in sections]
    if workload.capacity:
        about = "units a second of one instance, stated"
        rows = tuple({"key": k, "value": quantity(rate), "about": about} for k, rate in workload.capacity)
        stated.append(Assumed(name="capacity", rows=rows))
    return tuple(stated)


def _keys(section: Any) -> Iterator[dict[str, str]]:
    for field in fields(section):
        yield {"key": field.name, "value": _said(getattr(section, field.name)), "about": field.metadata["about"]}


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "all"
    return value or "(empty)" if isinstance(value, str) else quantity(value)


def prices(report: Report) -> tuple[dict[str, Any], ...]:
    """Every price behind the figures: of the stack, then of the managed APIs."""
    rows = [
        {"name": p.key, "amount": price(p.amount), "unit": p.unit, **_source(p.source, p.mark, p.checked)}
        for p in report.prices
    ]
    for offer in report.comparison.offers if report.comparison else ():
        api = offer.api
        tiers = [t for t in api.tiers if t.amount] or list(api.tiers)
        amounts = " to ".join(dict.fromkeys(price(t.amount) for t in (tiers[0], tiers[-1])))
        rows.append(
            {
                "name": api.name,
                "amount": amounts,
                "unit": api.unit_of_charge,
                **_source(api.source, api.mark, api.checked),
            }
        )
    return tuple(rows)


def _source(source: str, mark: str, checked: Any) -> dict[str, Any]:
    # Only an address of the web becomes a link: a user's price book may say anything.
    link = source.startswith("https://") and " " not in source
    return {"source": source, "link": link, "mark": mark, "checked": checked.isoformat() if checked else "undated"}


def ownership(tco: Tco) -> Ownership:
    """Every scenario over the months: a drawing and its figures."""
    months = len(tco.volumes)
    sums = {key: _so_far(tco, key) for key in tco.scenarios}
    known = {key: values for key, values in sums.items() if values is not None}
    most = max((values[-1] for values in known.values()), default=Fraction(0))
    return Ownership(
        months=months,
        cheapest=tco.scenarios[tco.cheapest].name,
        top=money(most).split(".")[0],
        lines=tuple(_lines(list(known.values()), [_mark(tco, key) for key in known], most)),
        rows=tuple(_scenario(tco, key, scenario) for key, scenario in tco.scenarios.items()),
    )


def _so_far(tco: Tco, key: Any) -> list[Fraction] | None:
    """USD paid by the start and by the end of each month; None where some month cannot be answered."""
    sums = [tco.scenarios[key].paid_once]
    for month in range(len(tco.volumes)):
        amount = tco.monthly(key, month)
        if amount is None:
            return None
        sums.append(sums[-1] + amount)
    return sums


def _lines(rows: list[list[Fraction]], marks: list[str], most: Fraction) -> Iterator[Line]:
    last = BOTTOM + LABEL
    labels = {}
    # From the lowest line up, so that no letter stands on another.
    for row, mark in sorted(zip(rows, marks, strict=True), key=lambda pair: pair[0][-1]):
        last = min(_height(row[-1], most) + 4, last - LABEL)
        labels[mark] = last
    for row, mark in zip(rows, marks, strict=True):
        step = Fraction(RIGHT - LEFT, max(len(row) - 1, 1))
        points = " ".join(f"{float(LEFT + n * step):.1f},{_height(value, most)}" for n, value in enumerate(row))
        yield Line(mark=mark, points=points, label=labels[mark])


def _height(value: Fraction, most: Fraction) -> int:
    return round(BOTTOM - (BOTTOM - TOP) * value / most) if most else BOTTOM


def _mark(tco: Tco, key: Any) -> str:
    return "ABCDEFGH"[list(tco.scenarios).index(key)]


def _scenario(tco: Tco, key: Any, scenario: Scenario) -> dict[str, Any]:
    first, last = tco.monthly(key, 0), tco.monthly(key, len(tco.volumes) - 1)
    parts = [{"name": f"{o.name}, once", "amount": money(o.amount), "basis": o.basis} for o in scenario.once]
    volume = tco.volumes[0]
    parts += [
        {"name": p.name, "amount": money(p.monthly.unlimited_at(volume)), "basis": p.basis} for p in scenario.parts
    ]
    limit = scenario.limit
    beyond = f"Above {quantity(limit.volume)} a month it cannot answer: {limit.reason}." if limit else ""
    return {
        "mark": _mark(tco, key),
        "name": scenario.name,
        "impossible": scenario.impossible or beyond,
        "assumes": scenario.assumes,
        "unknown": scenario.unknown,
        "once": money(scenario.paid_once),
        "first": _or_nothing(first),
        "last": _or_nothing(last),
        "total": _or_nothing(tco.total(key)),
        "parts": parts,
    }


def _or_nothing(value: Fraction | None) -> str:
    return NOTHING if value is None else money(value)


def steps(answer: "Answer | None") -> dict[str, Any] | None:
    """The recommendation with its reasons, and what would turn it; None without an answer."""
    if answer is None:
        return None
    from infra.costs.reports.decide import BY, STEPS, TITLES, amount, flip_at, title

    return {
        "recommendation": title(answer),
        "because": BY[answer.rule],
        "reasons": answer.reasons,
        "next": [STEPS[step] for step in answer.next_steps],
        "flips": [
            {"assumption": f.assumption, "now": amount(f.now), "at": flip_at(f), "answer": TITLES[f.answer]}
            for f in answer.flips
            if f.reachable
        ],
        "steady": [flip.assumption for flip in answer.flips if not flip.reachable],
        "unknown": answer.unknown,
    }
