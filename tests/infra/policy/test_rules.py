"""Every rule finds what breaks it, leaves alone what does not, and says when it cannot tell."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from infra.costs.readers import parse_stack
from infra.costs.stack import SECRET_KEY, SECRET_SIGNATURE, UNKNOWN_VALUE
from infra.policy.check import check
from infra.policy.registry import Level, Rule
from infra.policy.rules import RULES
from tests.infra.costs.stacks import Row, row, stack_of
from tests.infra.policy.cases import ACL, ACL_LOG, BUCKET, ROLE_POLICY, TEMPLATE, Case, policy
from tests.infra.policy.cases_access import CASES

SECRET = {SECRET_KEY: SECRET_SIGNATURE, "value": "x"}
JUNK = (None, "", "x", "é{", "-1", "nan", 1.5, -1, True, [], ["x"], [[]], {}, {"a": 1}, UNKNOWN_VALUE, SECRET)
NAMES = [f"{number}-{case.rule}" for number, case in enumerate(CASES)]


def found(rule: str, *rows: Row) -> list[str]:
    checked = check(stack_of(*rows), (), [RULES[rule]])
    assert not checked.undecided
    return [finding.message for finding in checked.findings]


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == RULES.keys()


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_rule_finds_what_breaks_it(case: Case) -> None:
    messages = found(case.rule, *case.bad)
    assert len(messages) == 1
    assert messages[0]
    assert len(messages[0].splitlines()) == 1


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_rule_leaves_alone_what_keeps_it(case: Case) -> None:
    assert found(case.rule, *case.good) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_says_what_it_wants_and_why_and_how_strictly(rule: Rule) -> None:
    assert rule.title
    assert rule.check.__doc__
    assert rule.level in get_args(Level)
    assert rule.types


def test_no_public_id_names_two_rules() -> None:
    ids = [id_ for rule in RULES.values() for id_ in (rule.id, *rule.also)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("rule", "resource"),
    [
        ("CKV_AWS_355", row(ROLE_POLICY, "p", policy=UNKNOWN_VALUE)),
        ("CKV_AWS_355", row(ROLE_POLICY, "p", policy="not json")),
        ("ec2_launch_template_no_secrets", row(TEMPLATE, "lt", userData=UNKNOWN_VALUE)),
        ("CKV_AWS_79", row(TEMPLATE, "lt", metadataOptions="odd")),
    ],
)
def test_what_cannot_be_read_is_neither_held_nor_broken(rule: str, resource: Row) -> None:
    checked = check(stack_of(resource), (), [RULES[rule]])
    assert checked.findings == checked.passed == ()
    assert [row.rule.id for row in checked.undecided] == [rule]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_no_value_whatever_stops_a_check(junk: object) -> None:
    for case in CASES:
        for resource in (*case.bad, *case.good):
            for inputs in (
                resource["inputs"] | dict.fromkeys(resource["inputs"], junk),
                _deep(resource["inputs"], junk),
            ):
                check(stack_of({**resource, "inputs": inputs}), ())


def _deep(value: Any, junk: object) -> Any:
    """The same shape with junk in the place of every text, number and flag."""
    if isinstance(value, dict):
        return {key: _deep(item, junk) for key, item in value.items()}
    return [_deep(item, junk) for item in value] if isinstance(value, list) else junk


def test_a_secret_that_is_found_is_not_repeated() -> None:
    template = row(TEMPLATE, "lt", userData="aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY")
    (message,) = found("ec2_launch_template_no_secrets", template)
    assert "wJalr" not in message


def test_before_deployment_a_setting_is_found_by_the_dependency_of_its_input() -> None:
    log = row(ACL_LOG, "log", resourceArn=UNKNOWN_VALUE)
    acl = {**row(ACL, "acl"), "id": None}
    named = {**log, "propertyDependencies": {"resourceArn": [acl["urn"]]}}
    assert found("CKV2_AWS_31", acl, log) == ["no logging configuration names the access list"]
    assert found("CKV2_AWS_31", acl, named) == []


def test_a_setting_of_another_bucket_does_not_count() -> None:
    other = row("aws:s3/bucketLogging:BucketLogging", "log", bucket="id-other", targetBucket="logs")
    assert found("CKV_AWS_18", BUCKET, other)


@pytest.mark.parametrize(("op", "judged"), [("create", True), ("read", False)])
def test_what_is_read_from_outside_is_not_judged(op: str, judged: bool) -> None:
    preview = {"steps": [{"op": op, "newState": policy(Action="*", Resource="*")}]}
    assert bool(check(parse_stack(json.dumps(preview), "preview"), ()).findings) is judged


def test_rules_need_neither_pulumi_nor_the_network() -> None:
    for module in (Path(__file__).resolve().parents[3] / "infra" / "policy" / "rules").glob("*.py"):
        assert "import pulumi" not in module.read_text(encoding="utf-8")
