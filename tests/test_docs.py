"""The documents name every verb and key, and no path of one machine; their blocks run in test_code_blocks.py."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

from infra.costs import pricers
from infra.costs.pricing import PRICERS
from infra.costs.workload import Workload
from tests.scripts.command import breakeven

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COSTS = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")


def test_the_readme_is_short_and_begins_with_the_first_command() -> None:
    lines = README.splitlines()
    assert len(lines) <= 150
    assert "scripts/breakeven preview" in lines[:15]


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


LINK = re.compile(r"\[[^\]]*\]\((?!https?:)(?P<target>[^)#\s]*)(#(?P<anchor>[^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_link_leads_to_a_file_and_a_heading_that_are_there() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    broken = []
    for page in pages:
        for link in LINK.finditer(page.read_text(encoding="utf-8")):
            target = (page.parent / link["target"]).resolve() if link["target"] else page
            if not target.exists() or (link["anchor"] and link["anchor"] not in anchors(target)):
                broken.append(f"{page.relative_to(ROOT)}: {link[0]}")
    assert broken == []
