"""`breakeven cheapest` as a user runs it: what it prints can be pasted, and costs what it says."""

import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.costs.estimate import estimate
from infra.record import ROOT as PROJECT
from infra.record import read_config, record
from scripts.cli.session import capacity_of, read_workload
from tests.scripts.command import ROOT, breakeven

ASKED = ("--stack", "small", "--volume", "60_000_000", "--latency-ms", "150", "--zones", "2")


@cache
def text(*arguments: str) -> str:
    done = breakeven("cheapest", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def document(*arguments: str) -> Any:
    return json.loads(text(*arguments, "--format", "json"))


def test_the_text_fits_80_columns_and_has_every_part() -> None:
    said = text(*ASKED)
    assert max(map(len, said.splitlines())) <= 80
    for part in ("Cheapest: ", "config:", "p99 132 ms (assumed)", "with people", "What each choice costs", "Ruled out"):
        assert part in said
    assert "\x1b" not in said


def test_the_block_it_prints_is_a_stack_that_costs_what_it_says(tmp_path: Path) -> None:
    said = text(*ASKED)
    block = said[said.index("config:") :].split("\n\n", 1)[0]
    chosen = yaml.safe_load(block)["config"]
    small = {k: v for k, v in read_config("small").values.items() if k not in chosen}
    (tmp_path / "Pulumi.yaml").write_text((PROJECT / "Pulumi.yaml").read_text())
    (tmp_path / "Pulumi.pasted.yaml").write_text(yaml.safe_dump({"config": {**small, **chosen}}))
    stack = record("pasted", tmp_path).as_stack()
    workload = read_workload(ROOT / "workload.toml", "60_000_000")
    priced = estimate(stack, workload=workload, capacity=capacity_of(workload, stack))
    expected = Decimal(document(*ASKED)["winner"]["monthly"]["expected"])
    assert abs(Decimal(float(priced.monthly("expected"))) - expected) < Decimal("0.000001")
    assert f"Cheapest: {expected:,.2f} USD" in said


def test_the_document_has_the_keys_that_are_documented_and_its_numbers_are_texts() -> None:
    found = document(*ASKED)
    page = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8").split("## JSON")[1]
    assert all(key in page for key in (*found, *found["winner"], *found["ruled_out"][0]))
    assert found["options"][0] == found["winner"]
    assert found["winner"]["more"] == "0"
    for option in found["options"]:
        assert all(re.fullmatch(r"\d+(\.\d+)?", amount) for amount in option["monthly"].values())
        parts = sum(map(Decimal, option["parts"].values()))
        assert abs(parts - Decimal(option["monthly"]["expected"])) < Decimal("0.000001")
    assert not re.search(r": -?\d", json.dumps({k: v for k, v in found.items() if k not in ("winner", "options")}))


def test_what_it_costs_to_choose_otherwise_is_never_less() -> None:
    found = document(*ASKED)
    assert set(found["choices"]) == {"instance_type", "purchase", "entry", "egress"}
    for rows in found["choices"].values():
        assert min(Decimal(row["more"]) for row in rows.values()) == 0


def test_every_other_type_is_named_as_not_considered_when_asked() -> None:
    few, all_ = document(*ASKED), document(*ASKED, "--all-types")
    assert "instance_types" not in few["not_considered"]
    names = all_["not_considered"]["instance_types"]
    assert (len(names), "g5.xlarge" in names, "t3.medium" in names) == (
        int(few["not_considered"]["count"]),
        True,
        False,
    )


def test_no_more_options_are_shown_than_asked_for_and_markdown_has_a_table() -> None:
    said = text(*ASKED, "--max-candidates", "2", "--format", "markdown")
    assert len(re.findall(r"^\| \d", said, re.MULTILINE)) == 2
    assert "```yaml" in said


def test_a_goal_that_nothing_is_known_to_hold_ends_with_a_code_and_one_line() -> None:
    done = breakeven("cheapest", "--stack", "dev", "--latency-ms", "100", "--egress", "public")
    assert done.returncode == 3
    assert "No option is known to hold 100 ms." in done.stdout
    assert "latency not known" in done.stdout
    assert done.stderr.count("\n") == 1


def test_a_region_without_prices_ends_with_the_code_of_a_missing_price() -> None:
    done = breakeven("cheapest", "--region", "eu-west-1", "--egress", "nat", "--entry", "http")
    assert done.returncode == 4
    assert "breakeven prices refresh --region eu-west-1" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--latency-ms", "-1"), 3, "--latency-ms"),
        (("--latency-ms", "30000"), 3, "--latency-ms: 30000 is out of range"),
        (("--spot", "some"), 3, "--spot: 'some' is not a number"),
        (("--spot", "0.125"), 3, "--spot: 0.125 is not a whole per cent"),
        (("--model", "resnet5"), 3, "did you mean resnet50?"),
        (("--stack", "prd"), 3, "did you mean prod?"),
        (("--region", "Virginia"), 3, "aws:region: 'Virginia' has not the shape of one"),
        (("--zones", "7"), 2, "--zones"),
        (("--commitment", "2_year"), 2, "--commitment"),
    ],
)
def test_what_cannot_be_asked_is_one_line(arguments: tuple[str, ...], code: int, message: str) -> None:
    done = breakeven("cheapest", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
