"""What is refused before anything is created: files, budget, region, credentials, permission."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.lifecycle import preflight
from infra.lifecycle.aws import Account
from infra.lifecycle.errors import AccountError, BudgetError
from infra.record import read_config
from infra.settings import StackSettings
from tests.emulator import Call, Interception, emulator

DENIAL = json.dumps({"Code": "AccessDenied"})


def settings(**model: str) -> StackSettings:
    found = read_config("small").settings()
    return replace(found, model=replace(found.model, **model))


@pytest.fixture
def interception() -> Interception:
    return Interception()


@pytest.fixture
def account(interception: Interception, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with emulator(interception) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Account("us-east-1")


def test_an_archive_that_matches_its_digest_passes_and_another_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "m.mar"
    archive.write_bytes(b"model")
    beside = tmp_path / "m.mar.sha256"
    beside.write_text(f"{hashlib.sha256(b'model').hexdigest()}  m.mar\n")
    preflight.check_files(settings(model_archive="m.mar"), tmp_path)
    beside.write_text(f"{'0' * 64}  m.mar\n")
    with pytest.raises(InputError, match=r"modelArchive: m\.mar has SHA-256 9372c4.*build or fetch the file again"):
        preflight.check_files(settings(model_archive="m.mar"), tmp_path)


def test_an_archive_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"modelArchive: m\.mar cannot be read"):
        preflight.check_files(settings(model_archive="m.mar"), tmp_path)


def test_a_budget_below_the_minimum_is_refused_and_one_above_passes() -> None:
    preflight.check_budget("small", settings(), Fraction(50))
    with pytest.raises(BudgetError, match=r"budgetUsd: 50 is below the stack's minimum of 50\.01 USD") as refused:
        preflight.check_budget("small", settings(), Fraction("50.01"))
    assert refused.value.exit_code == 5


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
