"""What each verb prints, on the project's own program."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.scripts.command import ROOT, breakeven

SAMPLE = "tests/infra/costs/samples/stack-export.json"


def totals(*arguments: str) -> dict[str, Decimal]:
    done = breakeven("preview", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return {case: Decimal(amount) for case, amount in json.loads(done.stdout)["monthly"].items()}


def test_the_small_stack_costs_less_than_forty_dollars() -> None:
    small = totals("--stack", "small")
    assert 30 < small["low"] <= small["expected"] < 40 < small["high"]


@pytest.mark.parametrize("stack", ["small", "dev", "prod"])
def test_everything_a_stack_creates_is_priced_or_free(stack: str) -> None:
    done = breakeven("preview", "--stack", stack, "--format", "json", "--strict")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["unpriced"] == []


def test_the_sum_of_the_items_is_the_total() -> None:
    document = json.loads(breakeven("preview", "--stack", "prod", "--format", "json").stdout)
    for case, total in document["monthly"].items():
        summed = sum(Decimal(item["monthly"][case]) for item in document["items"])
        assert abs(summed - Decimal(total)) < Decimal("0.000001")


def test_more_volume_costs_more_and_needs_more_instances() -> None:
    few, many = totals("--volume", "2_000_000"), totals("--volume", "200_000_000")
    # 200 million a month are 76 a second: two instances planned for 52.5 each.
    assert many["expected"] - few["expected"] > Decimal("150")


def test_a_volume_beyond_the_group_is_said_to_be_infeasible() -> None:
    done = breakeven("preview", "--volume", "900_000_000")
    assert done.returncode == 0
    assert "is not served" in done.stdout
    assert "fleet at its maximum of 4" in " ".join(done.stdout.split())


def test_the_text_report_fits_80_columns_and_has_every_part() -> None:
    text = breakeven("preview", "--stack", "prod").stdout
    assert max(map(len, text.splitlines())) <= 80
    for part in ("Fleet", "Network", "Total", "People", "per million", "Break-even", "Free:", "Prices: EC2 of"):
        assert part in text
    assert "\x1b" not in text


def test_markdown_has_a_table_with_the_total() -> None:
    text = breakeven("preview", "--format", "markdown").stdout
    total = f"{totals()['expected']:,.2f}"
    assert re.search(rf"\| \*\*Total\*\* \|.*\*\*{re.escape(total)}\*\*", text)


def test_a_budget_below_the_cost_ends_with_its_own_code() -> None:
    over, within = breakeven("preview", "--budget", "100"), breakeven("preview", "--budget", "5,000")
    assert (over.returncode, within.returncode) == (5, 0)
    assert over.stderr.startswith("breakeven: over budget: 2")


def test_explain_unfolds_a_component_to_quantity_price_source_and_assumption() -> None:
    text = breakeven("explain", "Fleet").stdout
    assert "730 hours x 0.2079 = 151.77 USD" in text
    assert "serving.utilisation 0.7" in " ".join(text.split())
    assert "infra/costs/data/prices/us-east-1/ec2_spot.toml" in text


def test_explain_unfolds_what_a_managed_api_charges() -> None:
    text = breakeven("explain", "rekognition_labels", "--volume", "6_000_000").stdout
    for line in ("1,000,000 x 0.001 = 1,000.00", "4,000,000 x 0.0008 = 3,200.00", "1,000,000 x 0.0006 = 600.00"):
        assert line in text
    assert "4,800.00 USD" in text


def test_explain_suggests_the_name_that_was_meant() -> None:
    done = breakeven("explain", "Flet")
    assert done.returncode == 3
    assert "did you mean 'Fleet'" in done.stderr


def test_estimate_reads_standard_input_like_the_file() -> None:
    piped = breakeven("estimate", "-", "--format", "json", stdin=(ROOT / SAMPLE).read_text(encoding="utf-8"))
    assert (
        json.loads(piped.stdout)["monthly"]
        == json.loads(breakeven("estimate", SAMPLE, "--format", "json").stdout)["monthly"]
    )


def test_prices_lists_ages_and_stale_ones_end_with_a_code() -> None:
    everything, old, none = (
        breakeven("prices"),
        breakeven("prices", "--stale", "1"),
        breakeven("prices", "--region", "x"),
    )
    assert everything.returncode == 0
    assert re.search(r"us-east-1/ec2_on_demand.toml +1367  2026-07-20 \(\d+ days\)", everything.stdout)
    assert old.returncode == 4
    assert none.returncode == 3


def test_a_preview_with_old_prices_says_how_old_they_are(tmp_path: Path) -> None:
    book = tmp_path / "old.toml"
    rows = '[us-east-1.ec2_on_demand.linux]\n"t3.medium" = 0.04\n'
    book.write_text(f'source = "a list of ours"\nchecked = 2019-03-31\n{rows}', encoding="utf-8")
    said = breakeven("preview", "--stack", "small", "--prices", str(book))
    assert said.returncode == 0
    assert said.stdout.splitlines()[1].startswith("Prices: EC2 of 2019-03-31")
    explained = breakeven("explain", "Fleet", "--stack", "small", "--prices", str(book)).stdout
    assert "730 hours x 0.04 = 29.20 USD" in explained
    assert "2019-03-31" in explained
