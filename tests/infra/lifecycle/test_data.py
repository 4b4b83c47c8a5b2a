"""What of a stack is data, and what is deleted beside the state: log groups that AWS made, nothing of others."""

from collections.abc import Iterator

import pytest

from infra.emulator import REGION, emulator
from infra.lifecycle.aws import Account
from infra.lifecycle.data import BUCKET, KEY, LOG_GROUP, REST_API, delete_stray_logs, is_data
from infra.lifecycle.workspace import Deployed
from tests.infra.lifecycle.planted import client
from tests.infra.stack_variants import committed


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with emulator() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Account(REGION)


def groups() -> set[str]:
    pages = client("logs").get_paginator("describe_log_groups").paginate()
    return {row["logGroupName"] for page in pages for row in page["logGroups"]}


def test_log_groups_that_aws_made_for_a_rest_api_go_and_those_of_others_stay(account: Account) -> None:
    api, other = (client("apigateway").create_rest_api(name=name)["id"] for name in ("own", "other"))
    # The second was deleted with the stack and made again by an instance that still wrote.
    own = {f"API-Gateway-Execution-Logs_{api}/live", "/breakeven/stray/node"}
    others = {f"API-Gateway-Execution-Logs_{other}/live", "/breakeven/stray/node-of-another", "/breakeven/stray2/node"}
    for name in own | others:
        client("logs").create_log_group(logGroupName=name)
    rows = ({"type": REST_API, "id": api}, {"type": LOG_GROUP, "id": "/breakeven/stray/node"})
    delete_stray_logs(account, Deployed(stack="stray", rows=rows, pending=(), document={}))
    assert groups() & own == set()
    assert groups() >= others


def test_what_is_kept_needs_nothing_that_goes() -> None:
    rows = {row["urn"]: row for row in committed("prod").resources}
    kept = {urn for urn, row in rows.items() if is_data(row)}
    assert {rows[urn]["type"] for urn in kept} >= {BUCKET, LOG_GROUP, KEY}
    needed = {urn for one in kept for urn in rows[one].get("dependencies", ()) if rows[urn]["custom"]}
    assert needed
    assert needed <= kept
