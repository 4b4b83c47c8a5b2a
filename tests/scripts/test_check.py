"""`breakeven check` as a user runs it."""

import json

from tests.infra.costs.stacks import export
from tests.infra.policy.cases import INGRESS, opening
from tests.scripts.command import breakeven


def test_without_arguments_every_stack_of_the_project_is_checked_and_passes() -> None:
    done = breakeven("check")
    assert done.returncode == 0, done.stderr
    for stack in ("small", "dev", "prod"):
        assert f"stack {stack}: no mandatory rule violated" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_one_stack_as_json_has_findings_exceptions_with_reasons_and_what_holds() -> None:
    done = breakeven("check", "--stack", "small", "--format", "json")
    assert done.returncode == 0, done.stderr
    (stack,) = json.loads(done.stdout)["stacks"]
    assert stack["stack"] == "small"
    assert stack["mandatory"] == stack["undecided"] == []
    assert {row["rule"] for row in stack["excepted"]} == {"CKV_AWS_88"}
    assert all(row["reason"] for row in stack["excepted"])
    assert "CKV_AWS_79" in stack["passed"]


def test_a_mandatory_violation_in_a_file_ends_with_code_ten_and_names_rule_and_resource() -> None:
    done = breakeven("check", "-", stdin=export(opening(INGRESS, 22)))
    assert done.returncode == 10
    assert "CKV_AWS_24  r: port 22 is open to the internet" in done.stdout


def test_a_sample_export_is_checked_without_exceptions_of_this_project() -> None:
    done = breakeven("check", "tests/infra/costs/samples/stack-export.json", "--format", "json")
    (stack,) = json.loads(done.stdout)["stacks"]
    assert stack["excepted"] == []
    assert done.returncode == (10 if stack["mandatory"] else 0)


def test_wrong_arguments_and_unknown_stacks_are_told_in_one_line() -> None:
    unknown = breakeven("check", "--stack", "prdo")
    assert unknown.returncode == 3
    assert "did you mean prod" in unknown.stderr
    assert breakeven("check", "file.json", "--stack", "dev").returncode == 2
    assert breakeven("check", "nowhere.json").returncode == 3
