"""What the page computes in a browser is what the command line prints, for any settings."""

from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

from infra.costs.reports import Report, as_json
from infra.costs.reports.report import amounts
from infra.costs.reports.words import money
from scripts.cli.session import Inputs
from tests.infra.page.conftest import Open
from tests.infra.page.writing import READ, SET, as_figures, of_page, stack_of, told, write

# A stack, and what is compared: the default offers; texts; an API whose inference units follow the peak.
CASES = [
    ("prod", ""),
    ("small", ""),
    ("dev", '[volume]\nunit = "texts"\n'),
    ("prod", '[compare]\napis = ["rekognition_custom_labels", "google_vision_labels"]\n[billing]\nfree_tiers = true\n'),
]
EACH = 50


def settings_of(random: Random, positions: list[Fraction]) -> dict[str, str]:
    exponent = random.uniform(2, 10)
    volume = random.choice([f"{10**exponent:.0f}", f"{10**exponent:.2f}", f"{10 ** random.randint(0, 9)}", "0"])
    return {
        "volume": volume,
        "peak": f"{random.choice([1, random.uniform(1, 4), random.uniform(1, 20)]):.2f}",
        "share": f"{random.uniform(0, 100):.{random.randint(0, 2)}f}",
        "spot": f"{random.choice(positions)}",
        "engineers": f"{random.randint(0, 6)}",
        "salary": f"{random.randint(20_000, 250_000)}",
    }


@pytest.mark.parametrize(("stack", "workload"), CASES)
def test_two_hundred_random_settings_agree_with_the_command_line(
    stack: str, workload: str, opened: Open, tmp_path: Path
) -> None:
    base = tmp_path / "base.toml"
    base.write_text(workload, encoding="utf-8")
    written = write(stack_of(stack), Inputs(workload=base))
    found = opened(written)
    shown, random = found.page, Random(f"{stack}{workload}")
    positions = [percent for percent in written.variants.percents if percent is not None]
    for number in range(EACH):
        settings = settings_of(random, positions)
        shown.evaluate(SET, settings)
        people = f"[people]\nengineers = {settings['engineers']}\nsalary_per_year = {settings['salary']}\n"
        stated = tmp_path / "stated.toml"
        stated.write_text(f"{workload}{people}", encoding="utf-8")
        report = told(written.stack, as_options(settings), stated, spot=not written.variants.off)
        agrees(shown.evaluate(READ), report, f"{number}: {settings}")
    assert found.said == []


def as_options(settings: dict[str, str]) -> dict[str, str]:
    """Per cent as the shares the command line takes."""
    return {
        **settings,
        "people_share": f"{_hundredth(settings['share'])}",
        "spot_share": f"{_hundredth(settings['spot'])}",
    }


def _hundredth(percent: str) -> str:
    return f"{float(Fraction(percent) / 100):.6f}"


def agrees(shown: dict[str, Any], report: Report, settings: str) -> None:
    assert report.comparison
    assert of_page(shown) == as_figures(as_json(report)), settings
    assert tuple(shown["shown"].values()) == amounts(report.monthly), settings
    own = report.monthly.expected + report.comparison.people
    assert shown["own"] == money(own), settings
    best = min(report.comparison.offers, key=lambda offer: offer.monthly)
    assert shown["best"] == [best.api.name, money(best.monthly)], settings
    if not report.too_much:
        assert money(abs(best.monthly - own)) in shown["headline"], settings
        assert shown["headline"].startswith("Self-hosting is") == (own < best.monthly), settings
    assert [o["shown"] for o in shown["offers"]] == [money(o.monthly) for o in report.comparison.offers], settings
    assert shown["parts"] == {name: list(amounts(values)) for name, values in report.parts.items()}, settings
    assert list(shown["parts"]) == list(report.parts), settings
    assert shown["documents"] == (money(report.documents.own) if report.documents else None), settings
    assert ("cannot serve" in shown["headline"]) == bool(report.too_much), settings


def test_as_written_it_shows_the_settings_of_the_command_line(opened: Open) -> None:
    given = Inputs(volume="7654321.5", peak="2.5", people_share="0.37", spot_share="0.35")
    written = write(stack_of("prod"), given)
    shown = opened(written).page
    asked = {"volume": "7654321.5", "peak": "2.5", "people_share": "0.37", "spot_share": "0.35"}
    assert shown.input_value("#volume") == "7654321.5"
    assert shown.input_value("#share") == "37"
    assert shown.input_value("#spot") == "35"
    agrees(shown.evaluate(READ), told(written.stack, asked, None, spot=True), "as written")


def test_a_slider_and_the_number_beside_it_are_one_setting(opened: Open) -> None:
    shown = opened(write(stack_of("prod"))).page
    shown.fill("#volume", "50000000")
    assert shown.get_attribute("#volume-slider", "aria-valuetext") == "50,000,000 images a month"
    for control in ("volume", "peak", "share", "spot"):
        before = Fraction(shown.input_value(f"#{control}"))
        shown.locator(f"#{control}-slider").focus()
        shown.keyboard.press("ArrowRight")
        assert Fraction(shown.input_value(f"#{control}")) > before
        settings = {name: shown.input_value(f"#{name}") for name in ("volume", "peak", "share", "spot")}
        agrees(shown.evaluate(READ), told(stack_of("prod"), as_options(settings), None, spot=True), control)
