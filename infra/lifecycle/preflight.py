"""What can be refused before anything is created: budget, credentials, permissions, the region's offer."""

from fractions import Fraction
from typing import Final

from infra.costs.reports.words import money
from infra.lifecycle import entry
from infra.lifecycle.aws import Account, code_of, told
from infra.lifecycle.errors import AccountError, BudgetError
from infra.record import StackConfig
from infra.settings import StackSettings

MAY: Final = "DryRunOperation"


def account_of(config: StackConfig) -> Account:
    """The account that the stack's provider uses."""
    entry.check_meant()
    profile = config.values.get("aws:profile")
    return Account(config.region, profile if isinstance(profile, str) else "")


def check_budget(stack: str, settings: StackSettings, lowest: Fraction, expected: Fraction) -> None:
    """Raises BudgetError when the budget, if there is one, is below what a month costs.

    `lowest` has the group at its minimum, `expected` is the limit that the policy pack sets, too.
    """
    budget = settings.guardrails.budget_usd
    for cost, words in ((lowest, "stack's minimum of"), (expected, "expected")):
        if budget and cost > budget:
            reason = f"{budget} is below the {words} {money(cost)} USD a month"
            raise BudgetError(f"stack {stack} budgetUsd", reason, "raise it, or make the stack smaller")


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
