"""A report of checkov is believed only when it is about the plans written, and an exception must cover something."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.costs.errors import InputError
from infra.costs.readers import stack_from_rows
from infra.policy import checkov_page as page
from infra.policy.checkov import CheckovResult, judge, read_checkov_exemptions, refuse_unused
from infra.policy.exemptions import Exemption
from infra.policy.terraform_plan import TerraformPlan, terraform_plan
from tests.infra.costs.stacks import row

TOPIC = "aws:sns/topic:Topic"
SECURITY = (Path(__file__).resolve().parents[3] / "docs" / "security.md").read_text(encoding="utf-8")


def plan(stack: str, *names: str) -> TerraformPlan:
    """A plan of a stack whose Observability component has topics."""
    prefix = f"urn:pulumi:{stack}::test::breakeven:infra:Observability${TOPIC}::"
    rows = [{**row(TOPIC, name), "urn": prefix + name} for name in names]
    return terraform_plan(stack_from_rows(rows, stack, "test", "us-east-1"), stack)


PLANS = {"dev": plan("dev", "alarms", "news"), "prod": plan("prod", "alarms")}


def report(*failed: str, passed: Sequence[str] = (), resources: int = 3, **changes: Any) -> str:
    """What checkov writes when CKV_AWS_26 fails for addresses."""
    summary = {"passed": len(passed), "failed": len(failed), "parsing_errors": 0, "resource_count": resources}
    rows = [{"check_id": "CKV_AWS_26", "check_name": "Topics are encrypted", "resource": address} for address in failed]
    results = {"failed_checks": rows, "passed_checks": [{"resource": address} for address in passed]}
    return json.dumps({"results": results, "summary": {**summary, "checkov_version": "3.3.30", **changes}})


def exemption(name: str = "alarms", stacks: tuple[str, ...] = ("*",), rule: str = "CKV_AWS_26") -> Exemption:
    return Exemption(
        rule=rule,
        component="Observability",
        type=TOPIC,
        name=name,
        reason="Public.",
        date=date(2026, 11, 28),
        stacks=stacks,
    )


DEV_ALARMS, DEV_NEWS, PROD_ALARMS = (
    f"aws_sns_topic.{name}"
    for name in ("dev_observability_alarms", "dev_observability_news", "prod_observability_alarms")
)


def outcome(text: str, *exemptions: Exemption) -> dict[str, tuple[int, list[str], list[str]]]:
    """For each stack how many checks passed, what fails, and what is excepted."""
    return {
        one.stack: (one.passed, [f.resource.name for f in one.failures], [f.resource.name for f, _ in one.excepted])
        for one in judge(text, PLANS, exemptions)
    }


def test_each_failure_is_counted_for_its_stack_and_stays_one_without_an_exception() -> None:
    text = report(DEV_ALARMS, DEV_NEWS, PROD_ALARMS, passed=[DEV_ALARMS, PROD_ALARMS, PROD_ALARMS])
    assert outcome(text) == {"dev": (1, ["alarms", "news"], []), "prod": (2, ["alarms"], [])}
    assert outcome(text, exemption(stacks=("dev",))) == {"dev": (1, ["news"], ["alarms"]), "prod": (2, ["alarms"], [])}


def test_an_exception_from_another_check_covers_nothing() -> None:
    assert outcome(report(DEV_NEWS), exemption("news", rule="CKV_AWS_27"))["dev"] == (0, ["news"], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no report"),
        ("{}", "no report"),
        ('{"passed": 0, "failed": 0, "checkov_version": "3.3.30"}', "no report"),
        (report(resources=0), "looked at 0 of 3 resources"),
        (report(parsing_errors=1), "looked at"),
        (report(failed=2), "does not list as many checks"),
        (report("aws_sns_topic.other"), "aws_sns_topic.other is no resource of a plan"),
    ],
)
def test_a_report_of_something_else_is_an_error_and_not_a_clean_one(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        judge(text, PLANS, ())
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (exemption(), ""),
        (exemption(stacks=("dev", "prod")), ""),
        (exemption("news"), "matches nothing"),
        (exemption(stacks=("dev", "small")), "matches nothing in small"),
    ],
)
def test_an_exception_must_cover_something_in_every_stack_it_names(written: Exemption, said: str) -> None:
    results = judge(report(DEV_ALARMS, PROD_ALARMS), PLANS, [written])
    if said:
        with pytest.raises(InputError, match=said):
            refuse_unused(results, [written])
    else:
        refuse_unused(results, [written])


WHOLE = """
[[exception]]
rule = "CKV2_AWS_62"
component = "Observability"
type = "aws:sns/topic:Topic"
name = "alarms"
reason = "Public."
date = 2026-11-28
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("CKV2_AWS_62", "elbv2_logging_enabled", "is no check of checkov"),
        ("aws:sns/topic:Topic", "aws_sns_topic", "is no type of AWS resources"),
        ('reason = "Public."\n', "", "has no reason"),
    ],
)
def test_an_exception_that_can_match_nothing_is_an_error(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "checkov.toml"
    path.write_text(WHOLE)
    assert [found.name for found in read_checkov_exemptions(path)] == ["alarms"]
    path.write_text(WHOLE.replace(old, new))
    with pytest.raises(InputError, match=said):
        read_checkov_exemptions(path)


def test_the_page_lists_every_exception_with_its_reason_and_no_other() -> None:
    listed = page.written(SECURITY).partition("\n- ")
    assert listed[1] + listed[2] == "\n" + page.exceptions(read_checkov_exemptions())


@pytest.mark.parametrize("old", ["", "old\n", "\nold\n\n"])
def test_figures_are_written_between_the_marks_only(old: str) -> None:
    results = (CheckovResult(stack="dev", version="3.3.30", passed=7, failures=(), excepted=()),)
    before = f"# Security\n{page.START}\n{old}{page.END}\nrest\n"
    after = page.rewritten(before, page.section(results, [exemption()], date(2026, 11, 28)))
    assert "| dev | 7 | 0 | 0 |" in page.written(after)
    assert after.startswith("# Security\n")
    assert after.endswith(f"{page.END}\nrest\n")
    assert "old" not in after
    with pytest.raises(InputError, match="lacks the marks"):
        page.written("# Security\n")
