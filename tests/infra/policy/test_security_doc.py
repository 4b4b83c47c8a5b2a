"""docs/security.md lists every rule with its level and where it holds, and every exception with its reason."""

from collections.abc import Iterator
from pathlib import Path

from infra.costs.readers import stack_from_rows
from infra.policy.check import Checked, check
from infra.policy.exemptions import read_exemptions
from infra.policy.rules import RULES, Rule
from tests.infra.stack_variants import committed

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "security.md").read_text(encoding="utf-8")
STACKS = ("small", "dev", "prod")


def outcomes() -> dict[str, Checked]:
    recordings = {name: committed(name) for name in STACKS}
    return {
        name: check(stack_from_rows(found.resources, name, "test", found.region)) for name, found in recordings.items()
    }


def place(rule: Rule, checked: Checked) -> str:
    if rule in checked.passed:
        return "yes"
    if any(row.finding.rule == rule for row in checked.excepted):
        return "excepted"
    return "no" if any(row.rule == rule for row in checked.findings) else "-"


def table() -> Iterator[str]:
    found = outcomes()
    yield "| Rule | Also | Level | What must hold | " + " | ".join(STACKS) + " |"
    yield "|---|---|---|---|---|---|---|"
    for rule in sorted(RULES.values(), key=lambda rule: (rule.level != "mandatory", rule.types, rule.id)):
        where = " | ".join(place(rule, found[stack]) for stack in STACKS)
        yield f"| {rule.id} | {', '.join(rule.also)} | {rule.level} | {rule.title} | {where} |"


def test_the_table_of_rules_is_what_the_rules_and_the_stacks_say() -> None:
    expected = "\n".join(table())
    assert expected in PAGE, f"docs/security.md should hold:\n{expected}"


def test_every_exception_stands_there_with_its_reason() -> None:
    text = " ".join(PAGE.split())
    for exemption in read_exemptions():
        assert f"**{exemption}**: {exemption.reason}" in text
