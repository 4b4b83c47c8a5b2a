"""What is drawn and listed: break-even where lines cross, the chart as a table, sensitivity, assumptions, prices."""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from infra.costs.curves import Curve
from infra.costs.items import Case
from infra.costs.reports import Report
from infra.costs.reports.words import money, volume
from infra.costs.workload import Workload
from scripts.cli.session import Inputs, report_of
from tests.infra.page.conftest import Open
from tests.infra.page.writing import SET, of_stack, stack_of

ON_LINES = """() => {
  const stands = (line, dot) => {
    line.style.strokeDasharray = "none";
    line.style.strokeWidth = "8px";
    return line.isPointInStroke(new DOMPoint(Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))));
  };
  const offers = [...document.querySelectorAll("#chart .line:not(.own):not(.alone)")];
  return [...document.querySelectorAll("#chart .even")].map((dot) =>
    [stands(document.querySelector("#chart .line.own"), dot), offers.filter((line) => stands(line, dot)).length]);
}"""
CELLS = "(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
VOLUME, PEAK, SHARE = 40_000_000, "2", Decimal("0.05")


def said(**given: str) -> Report:
    """What the command line says of the stack."""
    return report_of("preview", "prod", Inputs(**given).price(stack_of("prod")))  # type: ignore[arg-type]


def moved(opened: Open) -> tuple[Any, Report]:
    """A page with its settings changed, and what the command line says for them."""
    page = opened(of_stack("prod")).page
    page.evaluate(SET, {"volume": f"{VOLUME}", "peak": PEAK, "share": f"{SHARE * 100}"})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page, said(volume=f"{VOLUME}", peak=PEAK, people_share=f"{SHARE}")


@pytest.mark.parametrize("linear", [False, True])
def test_every_break_even_is_marked_where_the_lines_cross(linear: bool, opened: Open) -> None:
    page, report = moved(opened)
    assert report.comparison
    if linear:
        page.check("#linear")
    marks: dict[str, str] = {}
    for letter, offer in zip("ABCDEFGH", report.comparison.offers, strict=False):
        for at in offer.with_people.volumes:
            marks[volume(at)] = marks.get(volume(at), "") + letter
    labels = page.locator("#chart .even-label").all_text_contents()
    assert marks
    assert sorted(labels) == sorted(f"{letters} {at}" for at, letters in marks.items())
    found = page.evaluate(ON_LINES)
    assert len(found) == len(marks)
    assert all(own and others for own, others in found)


def test_the_chart_as_a_table_has_the_costs_of_the_command_line(opened: Open) -> None:
    page, report = moved(opened)
    comparison = report.comparison
    assert comparison
    rows = page.eval_on_selector_all("#chart-rows tr", CELLS)
    curves = [comparison.self_hosted, comparison.infrastructure, *(offer.curve for offer in comparison.offers)]
    whole = {at: costs for at, what, *costs in rows if what in ("", "asked for")}
    assert f"{VOLUME:,}" in whole
    assert len(whole) > 1
    for at, costs in whole.items():
        assert costs == [_cost(curve, Fraction(at.replace(",", ""))) for curve in curves], at
    marked = sum(len(offer.with_people.volumes) for offer in comparison.offers)
    assert sum(what.startswith("break-even with") for _, what, *_ in rows) == marked


def _cost(curve: Curve, at: Fraction) -> str:
    return "not served" if curve.limit and at > curve.limit.volume else money(curve.unlimited_at(at))


def test_sensitivity_is_what_the_command_line_says_for_each_change(opened: Open) -> None:
    page, report = moved(opened)
    now, half, more = saved(), Decimal("0.5"), Decimal("1.5")
    changes = {
        "Volume": [("-50 %", saved(volume=half)), ("+50 %", saved(volume=more))],
        "People: time or salary": [("-50 %", saved(share=half)), ("+50 %", saved(share=more))],
        "Prices of AWS": [("-50 %", saved(prices=half)), ("+50 %", saved(prices=more))],
        "Price of the managed API": [("-50 %", saved(api=half)), ("+50 %", saved(api=more))],
        "Instances running": [("low case", saved(case="low")), ("high case", saved(case="high"))],
        "Spot share": [("0 %", saved(spot="0")), ("100 %", saved(spot="1"))],
    }
    rows = page.eval_on_selector_all("#sensitivity-rows tr", CELLS)
    assert {name: cells[:2] for name, *cells in rows} == {
        name: [f"{word}: {money(value)}" for word, value in both] for name, both in changes.items()
    }
    turned = {name for name, both in changes.items() if any((value > 0) != (now > 0) for _, value in both)}
    assert {name for name, _, _, turns, _ in rows if turns == "yes"} == turned
    reach = {name: max(abs(value - now) for _, value in both) for name, both in changes.items()}
    assert [name for name, *_ in rows] == sorted(reach, key=lambda name: -reach[name])
    assert money(abs(now)) in page.text_content("#saved-now")
    assert not report.too_much


def saved(
    *,
    volume: Decimal = Decimal(1),
    share: Decimal = Decimal(1),
    prices: Decimal = Decimal(1),
    api: Decimal = Decimal(1),
    case: Case = "expected",
    spot: str | None = None,
) -> Fraction:
    """USD a month that self-hosting saves against the cheapest API with one thing changed by a factor."""
    bought = {"spot_share": spot} if spot is not None else {}
    report = said(volume=f"{VOLUME * volume:f}", peak=PEAK, people_share=f"{SHARE * share:f}", **bought)
    assert report.comparison
    cheapest = min(offer.monthly for offer in report.comparison.offers)
    return cheapest * Fraction(api) - report.monthly[case] * Fraction(prices) - report.comparison.people


def test_every_assumption_and_every_price_stands_in_it_with_its_source_and_date(opened: Open) -> None:
    page = opened(of_stack("prod")).page
    report = said()
    assert report.comparison
    sections = [f.name for f in fields(Workload) if f.name not in ("capacity", "source")]
    keys = [key.name for name in sections for key in fields(getattr(report.estimate.workload, name))]
    assert page.locator("section[aria-labelledby=assumptions-title] th code").all_text_contents() == keys
    rows = page.eval_on_selector_all("section[aria-labelledby=prices-title] tbody tr", CELLS)
    stated = [(p.key, p.source, p.mark, p.checked) for p in report.prices]
    stated += [(o.api.name, o.api.source, o.api.mark, o.api.checked) for o in report.comparison.offers]
    assert [(row[0], *row[3:]) for row in rows] == [
        (name, f"{source} ({mark})" if mark else source, f"{checked or 'undated'}")
        for name, source, mark, checked in stated
    ]
    linked = page.eval_on_selector_all("section[aria-labelledby=prices-title] a", "(all) => all.map((a) => a.href)")
    assert linked == _addresses([source for _, source, *_ in stated])


def _addresses(sources: Sequence[str]) -> list[str]:
    return [source for source in sources if source.startswith("https://") and " " not in source]
