"""What can be refused before anything is created: files, budget, credentials, permissions, the region's offer."""

import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Final

from infra.costs.errors import InputError
from infra.costs.reports.words import money
from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.errors import AccountError, BudgetError
from infra.record import StackConfig
from infra.settings import StackSettings

MAY: Final = "DryRunOperation"


def account_of(config: StackConfig) -> Account:
    """The account that the stack's provider uses."""
    profile = config.values.get("aws:profile")
    return Account(config.region, profile if isinstance(profile, str) else "")


def check_budget(stack: str, settings: StackSettings, lowest: Fraction) -> None:
    """Raises BudgetError when the budget is below what the stack costs with its group at the minimum."""
    budget = settings.guardrails.budget_usd
    if budget and lowest > budget:
        reason = f"{budget} is below the stack's minimum of {money(lowest)} USD a month"
        raise BudgetError(f"stack {stack} budgetUsd", reason, "raise it, or make the stack smaller")


def check_files(settings: StackSettings, root: Path) -> None:
    """Raises InputError for an archive or bundle that is missing or does not match the digest beside it."""
    model = settings.model
    for key, path in (("modelArchive", model.model_archive), ("nodeBundle", model.node_bundle)):
        if path:
            _check_file(key, root / path, path)


def check_account(account: Account, settings: StackSettings) -> str:
    """The account's id, once it may create networks and the region offers the types; raises AccountError."""
    with told("AWS account"):
        found = account.client("sts").get_caller_identity()
    _check_types(account, settings)
    _check_permission(account)
    return str(found["Account"])


def offered(account: Account, kinds: tuple[str, ...]) -> frozenset[str]:
    """Which of these instance types the region offers."""
    rows = account.pages(
        "ec2",
        "describe_instance_type_offerings",
        "InstanceTypeOfferings",
        LocationType="region",
        Filters=[{"Name": "instance-type", "Values": list(kinds)}],
    )
    return frozenset(row["InstanceType"] for row in rows)


def _check_types(account: Account, settings: StackSettings) -> None:
    kinds = tuple(settings.fleet.instance_types)
    there = offered(account, kinds)
    missing = [kind for kind in kinds if kind not in there]
    if missing:
        reason = f"{account.region} does not offer {', '.join(missing)}"
        raise AccountError("instanceTypes", reason, "choose other types, or another aws:region")


def _check_permission(account: Account) -> None:
    """EC2 answers a dry run of a permitted call with an error of its own, and creates nothing."""
    try:
        with told("AWS account"):
            account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)
    except AccountError as error:
        if code_of(error) != MAY:
            raise


def _check_file(key: str, path: Path, shown: str) -> None:
    beside = path.with_name(f"{path.name}.sha256")
    if not path.is_file():
        raise InputError(key, f"{shown} cannot be read", "build it first, or leave the setting empty")
    if not beside.is_file():
        return
    words = beside.read_text(encoding="utf-8").split()
    with path.open("rb") as stream:
        actual = hashlib.file_digest(stream, "sha256").hexdigest()
    if not words or words[0].lower() != actual:
        reason = (
            f"{shown} has SHA-256 {actual[:12]}.., and {beside.name} says {words[0][:12] if words else 'nothing'}.."
        )
        raise InputError(key, reason, "build or fetch the file again")
