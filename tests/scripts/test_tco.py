"""`breakeven tco` as a user runs it."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.infra.costs.stacks import export, fleet
from tests.scripts.command import breakeven

GROWING = """
[volume]
per_month = 40_000_000
peak_to_average = 1
[serving]
utilisation = 1
[ownership]
months = 6
growth_per_month = 0.5
[capacity]
"g4dn.xlarge" = 75
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A stack of one instance, and a workload that outgrows it."""
    stack, workload = tmp_path / "stack.json", tmp_path / "workload.toml"
    stack.write_text(export(*fleet("g4dn.xlarge", 1, 1)))
    workload.write_text(GROWING)
    return str(stack), str(workload)


def run(*arguments: str) -> str:
    done = breakeven("tco", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers_in(value: Any) -> list[Any]:
    """Everything in a JSON document that is a number."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return [found for item in items for found in numbers_in(item)]
    return [value] if isinstance(value, int | float) else []


def test_the_text_report_fits_80_columns_and_names_every_scenario_and_assumption() -> None:
    text = run("--stack", "small")
    assert max(map(len, text.splitlines())) <= 80
    for said in ("Self-hosted", "With fallback", "Scale to zero", "Cheapest over 36 months", "people.api_share = 0.02"):
        assert said in text
    assert "ownership.toolkit_saves = 0.75" in text
    assert "\x1b" not in text


def test_a_scenario_that_is_outgrown_has_no_total_and_says_from_which_month(files: tuple[str, str]) -> None:
    text = " ".join(run("--file", files[0], "--workload", files[1]).split())
    # 40 million grow past 75 a second, 197,100,000 a month, in the fifth month.
    assert "Self-hosted has no total: from month 5 on it cannot answer (197 M a month at most)" in text
    assert "Cheapest over 6 months: With fallback" in text


def test_json_holds_every_month_as_strings_and_null_where_there_is_no_figure(files: tuple[str, str]) -> None:
    found = json.loads(run("--file", files[0], "--workload", files[1], "--format", "json"))
    assert numbers_in(found) == []
    alone, both = found["scenarios"]["self-hosted"], found["scenarios"]["fallback"]
    assert [amount is None for amount in alone["months"]] == [False] * 4 + [True] * 2
    assert (alone["total"], alone["ends"]["month"], alone["ends"]["above"]) == (None, "5", "197100000")
    summed = sum(map(Decimal, both["months"])) + Decimal(both["paid_once"])
    assert abs(summed - Decimal(both["total"])) < Decimal("0.000001")
    assert found["cheapest"] == "fallback"
    assert found["volumes"][:3] == ["40000000", "60000000", "90000000"]
    assert found["assumptions"]["people.salary_per_year"] == "120000"
    assert found["build"] == {"by_hand": "60000", "toolkit_saves": "45000"}


def test_both_sides_of_support_stand_beside_each_other_with_every_assumption(tmp_path: Path) -> None:
    path = tmp_path / "workload.toml"
    path.write_text("[support]\nincidents_per_year = 6\noutage_usd_per_hour = 500\n")
    text = run("--stack", "small", "--workload", str(path))
    assert max(map(len, text.splitlines())) <= 80
    # Six times four hours; the promise of 99.9 % leaves 8.76.
    assert re.search(r"^Downtime, hours +24 +8\.76 at most$", text, re.MULTILINE)
    assert re.search(r"^Outages, USD +12,000\.00 +4,380\.00 at most$", text, re.MULTILINE)
    assert "support.hours_to_repair = 3.5" in text
    found = json.loads(run("--stack", "small", "--workload", str(path), "--format", "json"))["support"]
    assert found["self_hosted"]["downtime"]["value"] == "24"
    assert (found["vendor"]["downtime"]["value"], found["vendor"]["downtime"]["bound"]) == ("8.76", "at_most")
    assert found["vendor"]["repair"]["value"] is None
    assert "| Downtime, hours | 24 | 8.76 at most |" in run(
        "--stack", "small", "--workload", str(path), "--format", "markdown"
    )


def test_markdown_has_the_table(files: tuple[str, str]) -> None:
    text = run("--file", files[0], "--workload", files[1], "--format", "markdown")
    assert "| USD | API | Self-hosted | With fallback | Scale to zero |" in text
    assert "| `ownership.months` | 6 |" in text


def test_another_api_can_be_named_and_an_unknown_one_is_refused() -> None:
    assert "beside Google Vision labels" in run("--stack", "small", "--api", "google_vision_labels")
    done = breakeven("tco", "--stack", "small", "--api", "google_vison_labels")
    assert (done.returncode, done.stdout) == (3, "")
    assert "--api: 'google_vison_labels' is unknown, did you mean 'google_vision_labels'?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[people]\nregion = "mars"', "[people] region: 'mars' is unknown; known: us, europe"),
        ("[ownership]\nmonths = 2.5", "[ownership] months: 2.5 is not a whole number"),
    ],
)
def test_an_assumption_that_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "workload.toml"
    path.write_text(text)
    done = breakeven("tco", "--stack", "small", "--workload", str(path))
    assert done.returncode == 3
    assert said in done.stderr
