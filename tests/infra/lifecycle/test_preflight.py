"""What is refused before anything is created: budget, region, credentials, permission."""

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from infra.emulator import Call, Interception, emulator
from infra.lifecycle import preflight
from infra.lifecycle.aws import Account
from infra.lifecycle.errors import AccountError, BudgetError
from infra.record import read_config
from infra.settings import StackSettings

DENIAL = json.dumps({"Code": "AccessDenied"})


def settings() -> StackSettings:
    return read_config("small").settings()


@pytest.fixture
def interception() -> Interception:
    return Interception()


@pytest.fixture
def account(interception: Interception, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with emulator(interception) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Account("us-east-1")


def test_a_budget_below_the_minimum_or_what_is_expected_is_refused_and_one_above_passes() -> None:
    for lowest, expected, words in (
        (Fraction("50.01"), Fraction(60), "is below the stack's minimum of 50\\.01 USD"),
        (Fraction(40), Fraction("50.01"), "is below the expected 50\\.01 USD a month"),
    ):
        with pytest.raises(BudgetError, match=f"budgetUsd: 50 {words}") as refused:
            preflight.check_budget("small", settings(), lowest, expected)
        assert refused.value.exit_code == 5
    preflight.check_budget("small", settings(), Fraction(50), Fraction(50))
    unlimited = replace(settings(), guardrails=replace(settings().guardrails, budget_usd=0))
    preflight.check_budget("small", unlimited, Fraction(500), Fraction(600))


def test_an_account_that_may_create_passes_with_its_number(account: Account) -> None:
    assert preflight.check_account(account, settings()) == "123456789012"


def test_a_region_without_the_type_is_refused(account: Account) -> None:
    found = settings()
    exotic = replace(found, fleet=replace(found.fleet, instance_types=("t3.medium", "p9.large")))
    with pytest.raises(AccountError, match=r"instanceTypes: us-east-1 does not offer p9\.large; choose other"):
        preflight.check_account(account, exotic)


def test_no_permission_is_one_line(account: Account, interception: Interception) -> None:
    def refuse(call: Call) -> str | None:
        body = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized</Message>"
        return f"{body}</Error></Errors><RequestID>1</RequestID></Response>" if call.action == "CreateVpc" else None

    interception.refuse = refuse
    with pytest.raises(AccountError, match="no permission") as refused:
        preflight.check_account(account, settings())
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 3


def test_no_credentials_are_told_before_any_call(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(AccountError, match="no AWS credentials were found; set AWS_PROFILE"):
        preflight.check_account(Account("us-east-1"), settings())


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(AccountError, match="profile nobody: no such profile"):
        Account("us-east-1", "nobody").client("sts")
