"""The documents say what is true: outputs are real, keys and verbs are all there."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from infra.costs import pricers
from infra.costs.pricing import PRICERS
from infra.costs.workload import Workload
from tests.scripts.command import breakeven

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COSTS = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
OUTPUT = re.compile(r"<!-- output: (?P<command>.+?) -->\n```text\n(?P<text>.*?)```", re.DOTALL)


@pytest.mark.parametrize("block", list(OUTPUT.finditer(README)), ids=lambda m: m["command"])
def test_the_readme_shows_what_is_really_printed(block: re.Match[str]) -> None:
    assert breakeven(*block["command"].split()).stdout == block["text"]


def test_the_readme_is_short_and_begins_with_the_first_command() -> None:
    lines = README.splitlines()
    assert len(lines) <= 150
    assert "scripts/breakeven preview" in lines[:15]


def test_every_command_the_readme_shows_is_known() -> None:
    help_page = breakeven("--help").stdout
    shown = set(re.findall(r"^scripts/breakeven (\w+)", README, re.MULTILINE))
    assert len(shown) > 8
    assert all(verb in help_page for verb in shown)


def test_every_verb_has_help_and_a_place_in_the_documents() -> None:
    pages = README + "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    verbs = re.findall(r"^  ([a-z][a-z-]+)  +\S", breakeven("--help").stdout, re.MULTILINE)
    assert len(verbs) > 15
    assert [verb for verb in verbs if not re.search(rf"breakeven {verb}\b|`{verb}`", pages)] == []


def test_every_usage_key_is_documented() -> None:
    assert pricers.__all__
    missing = {key for pricer in PRICERS.values() for key in pricer.usage if f"`{key}`" not in COSTS}
    assert not missing


def test_the_shipped_workload_states_every_key_with_its_default() -> None:
    shipped, default = Workload.read(ROOT / "workload.toml"), Workload()
    text = (ROOT / "workload.toml").read_text(encoding="utf-8")
    for section in fields(Workload):
        value = getattr(default, section.name)
        if is_dataclass(value):
            assert getattr(shipped, section.name) == value
            assert all(re.search(rf"^{field.name} = ", text, re.MULTILINE) for field in fields(value))


def test_no_document_names_a_path_of_one_machine() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*.toml"), *ROOT.glob("infra/**/*.toml")]
    assert len(pages) > 50
    for page in pages:
        assert not re.search(r"/(home|root|work)/\w+", page.read_text(encoding="utf-8")), page
