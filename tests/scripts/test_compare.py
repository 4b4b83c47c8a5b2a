"""`breakeven compare` as a user runs it: every row has the figures of its own preview, or the reason why not."""

import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.infra.costs.stacks import export, group
from tests.scripts.command import ROOT, breakeven

SAMPLE = "tests/infra/costs/samples/stack-export.json"
THREE = ("--stack", "small", "--stack", "dev", "--stack", "prod")


@cache
def document(*arguments: str) -> Any:
    done = breakeven("compare", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def preview(stack: str, *arguments: str) -> Any:
    return json.loads(breakeven("preview", "--stack", stack, "--format", "json", *arguments).stdout)


def test_rows_have_the_figures_of_their_own_previews_and_come_by_expected_cost() -> None:
    rows = document(*THREE)["rows"]
    assert [row["stack"] for row in rows] == ["small", "dev", "prod"]
    for row in rows:
        alone = preview(row["stack"])
        assert row["monthly"] == alone["monthly"]
        offer = next(o for o in alone["offers"] if o["api"] == row["break_even"]["api"])
        assert row["break_even"]["volumes"] == offer["break_even"]
        assert row["break_even"]["without_people"] == offer["without_people"]["break_even"]
        assert row["limit"] == offer["infeasible"]["above"]
        people = Decimal(alone["volume"]["people_monthly"])
        assert Decimal(row["with_people"]) == Decimal(row["monthly"]["expected"]) + people
    assert document(*THREE)["cheapest"] == "0"


def test_the_cheapest_api_at_the_volume_is_the_one_compared_with() -> None:
    offers = preview("dev")["offers"]
    least = min(offers, key=lambda offer: Decimal(offer["monthly"]))
    assert document("--stack", "dev")["rows"][0]["break_even"]["api"] == least["api"]


def test_shared_options_hold_for_every_row() -> None:
    asked = ("--volume", "20_000_000", "--people-share", "0.5", "--spot-share", "0.5")
    (row,) = document("--stack", "dev", *asked)["rows"]
    assert row["monthly"] == preview("dev", *asked)["monthly"]


def test_all_combinations_of_region_and_type_stay_in_the_table_with_their_reasons() -> None:
    kinds = ("--instance-type", "g5.xlarge", "--instance-type", "t3.medium", "--instance-type", "g4dn.xlarge,g5.xlarge")
    rows = document("--stack", "dev", "--region", "us-east-1", "--region", "eu-west-1", *kinds)["rows"]
    assert len(rows) == 6
    by = {(row["region"], row["instance_types"]): row for row in rows}
    assert by["us-east-1", "g4dn.xlarge, g5.xlarge"]["monthly"] == preview("dev")["monthly"]
    assert by["us-east-1", "g4dn.xlarge, g5.xlarge"]["capacity"] == {"rate_per_second": "75", "kind": "published"}
    lacking = by["eu-west-1", "g5.xlarge"]
    assert lacking["status"] == "not priced"
    assert int(lacking["unpriced"]) > 0
    assert re.match(r"\d+ prices are missing in eu-west-1: \w+", lacking["reason"])
    assert lacking["reason"].endswith("breakeven prices refresh --region eu-west-1")
    refused = by["us-east-1", "t3.medium"]
    assert (refused["status"], refused["monthly"]) == ("refused", None)
    assert "no capacity of t3.medium with resnet50 is known" in refused["reason"]


def test_a_row_that_cannot_serve_the_volume_is_not_the_cheapest() -> None:
    found = document("--stack", "small", "--stack", "dev", "--volume", "200_000_000")
    assert [(row["stack"], row["status"]) for row in found["rows"]] == [("dev", "ok"), ("small", "not served")]
    assert "fleet at its maximum of 3" in found["rows"][1]["reason"]


def test_the_lines_that_differ_explain_the_whole_difference() -> None:
    found = document(*THREE)
    apart = [sum(Decimal(row["monthly"][n] or 0) for row in found["differing"]) for n in range(3)]
    totals = [Decimal(row["monthly"]["expected"]) for row in found["rows"]]
    for n in (1, 2):
        assert abs((totals[n] - totals[0]) - (apart[n] - apart[0])) < Decimal("0.0001")
    assert found["differing"][0]["part"] == "Fleet"


def test_the_text_fits_80_columns_and_marks_the_cheapest() -> None:
    done = breakeven("compare", *THREE, "--region", "us-east-1", "--region", "us-west-2")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert re.search(r"^A\* small us-east-1", done.stdout, re.MULTILINE)
    for part in ("with people", "per million", "self-hosting wins", "serves up to", "Where they differ", "NAT gateway"):
        assert part in done.stdout


def test_the_numbers_of_a_large_bill_stand_apart(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    large.write_text(export(*group("p4d.24xlarge", 50, 100)))
    done = breakeven("compare", str(large), SAMPLE)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    (row,) = [r for r in document(str(large), SAMPLE)["rows"] if r["stack"] == str(large)]
    numbers = "  *".join(rf"\b{Decimal(row['monthly'][case]):,.2f}" for case in ("low", "expected", "high"))
    assert Decimal(row["monthly"]["high"]) > 1_000_000
    assert re.search(numbers, done.stdout)


def test_markdown_has_both_tables() -> None:
    said = breakeven("compare", *THREE, "--format", "markdown").stdout
    assert "**small us-east-1 t3.medium** (cheapest)" in said
    assert "| USD a month expected | A | B | C |" in said


def test_files_stand_beside_stacks_and_a_region_is_laid_over_them() -> None:
    rows = document(SAMPLE, "--stack", "dev")["rows"]
    assert {row["stack"] for row in rows} == {SAMPLE, "dev"}
    alone = json.loads(breakeven("estimate", SAMPLE, "--format", "json").stdout)
    assert next(row for row in rows if row["stack"] == SAMPLE)["monthly"] == alone["monthly"]


@pytest.mark.parametrize("regions", [("us-east-1", "Virginia"), ("Virginia", "us-east-1")])
def test_a_region_that_cannot_be_is_refused_wherever_it_stands(regions: tuple[str, str]) -> None:
    asked = (text for region in regions for text in ("--region", region))
    fine, refused = document("--stack", "dev", *asked)["rows"]
    assert (fine["region"], fine["status"]) == ("us-east-1", "ok")
    assert (refused["region"], refused["status"]) == ("Virginia", "refused")
    assert "'Virginia' has not the shape of one" in refused["reason"]


def test_where_no_row_can_be_priced_the_code_says_so() -> None:
    assert breakeven("compare", "--stack", "dev", "--region", "eu-west-1").returncode == 4
    refused = breakeven("compare", "--stack", "dev", "--instance-type", "t3.medium")
    assert refused.returncode == 3
    assert "None can be compared in full." in refused.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--stack", "prd"), "stack prd: no such stack; did you mean prod?"),
        (("none.json",), "none.json: no such file"),
        (("--people-share", "2"), "--people-share: 2 is out of range"),
    ],
)
def test_a_slip_in_what_is_asked_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = breakeven("compare", *arguments)
    assert done.returncode == 3
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_are_documented() -> None:
    page = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8").split("## JSON")[1]
    found = document(*THREE)
    keys = {*found, *found["rows"][0], *found["differing"][0]}
    assert not [key for key in keys if key not in page]


LEFT_OUT = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8").split("### What calculators leave out")[1]
TABLE = [[cell.strip() for cell in line.strip("|").split("|")] for line in LEFT_OUT.splitlines() if "|" in line][2:]
NOTES = {
    number: "".join(f"[{section}]\n{line}\n" for section, line in re.findall(r"`\[(\w+)\] ([^`]+)`", said))
    for number, said in re.findall(r"\((\d)\) (`[^;(]+)", LEFT_OUT)
}
AMOUNT = re.compile(r"\d[\d.]* [Mk]\b|\d[\d,]*\.\d{2,}\b|\d+ ms\b")


@cache
def printed(command: str, workload: str) -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "workload.toml"
        file.write_text(workload)
        return breakeven(*command.split(), *(("--workload", str(file)) if workload else ())).stdout


def test_the_table_of_what_calculators_leave_out_is_read_whole() -> None:
    assert len(TABLE) > 15
    assert all(AMOUNT.search(here) and "`" in commands for _, _, here, commands in TABLE)
    assert all(NOTES[number] for *_, commands in TABLE for number in re.findall(r"\((\d)\)", commands))


@pytest.mark.parametrize(("here", "cell"), [row[2:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_number_of_what_calculators_leave_out_is_printed(here: str, cell: str) -> None:
    """`command`, with `--option` or with (1): both without it and with it; (1) alone: with it."""
    commands, options = [re.findall(pattern, cell) for pattern in (r"`([^-`][^`]*)`", r"`(--[^`]*)`")]
    workloads = [NOTES[number] for number in re.findall(r"\((\d)\)", cell)] or [""]
    workloads += [""] if "with (" in cell else []
    asked = [*commands, *(f"{commands[-1]} {option}" for option in options)]
    said = "\n".join(printed(command, workload) for command in asked for workload in workloads)
    for amount in AMOUNT.findall(here):
        if amount.replace(" M", "_000_000") not in cell:
            assert re.search(rf"(?<![\d.,]){re.escape(amount)}(?!\d)", said), amount
