"""The tables of least privilege are dated, sourced and needed, and managed policies are as AWS publishes them."""

import datetime
import json
import tomllib

import pytest
from moto.iam import aws_managed_policies

from infra.policy.documents import IDENTITY, ROLE, allowed
from infra.policy.permissions import DATA, permissions
from infra.policy.rules.least_privilege import is_everything
from infra.record import Recording
from tests.infra.stack_variants import committed, trial

DOCUMENT = tomllib.loads(DATA.read_text(encoding="utf-8"))
ROWS = [(table, row) for table, rows in DOCUMENT.items() for row in rows]


@pytest.mark.parametrize(("table", "row"), ROWS, ids=lambda value: value if isinstance(value, str) else None)
def test_every_row_says_where_it_is_from_and_when(table: str, row: dict[str, object]) -> None:
    assert row["source"]
    assert isinstance(row["date"], datetime.date)
    assert row.get("mark", "from memory") == "from memory"


def test_managed_policies_allow_what_the_table_says() -> None:
    published = json.loads(aws_managed_policies.aws_managed_policies_data)
    for name, managed in permissions().managed.items():
        document = published[name.rpartition("/")[2]]["Document"]
        assert document["Statement"] == [{"Action": list(managed.actions), "Effect": "Allow", "Resource": "*"}]


def test_every_action_without_a_resource_is_used_and_none_else_is() -> None:
    stacks = [committed(stack) for stack in ("small", "dev", "prod")] + [trial(training=True)]
    used = {
        action
        for recording in stacks
        for policy in recording.as_stack().of_type(*IDENTITY)
        for statement in allowed(policy)
        if any(is_everything(arn) for arn in statement.resources)
        for action in statement.actions
    }
    assert used == permissions().bounds.keys()


def trusted(recording: Recording) -> set[str]:
    roles = recording.as_stack().of_type(ROLE)
    return {who.name for role in roles for row in allowed(role, "assumeRolePolicy") for who in row.principals}


def test_a_key_of_an_api_is_the_only_secret_and_no_output_shows_it() -> None:
    for recording in (committed("prod"), trial(entry="rest", auth="api-key")):
        assert recording.outputs["apiKey"] == "[secret]"
    assert "apiKey" not in committed("dev").outputs


def test_roles_are_taken_on_by_services_only() -> None:
    assert all(name.endswith(".amazonaws.com") for name in trusted(committed("prod")))
