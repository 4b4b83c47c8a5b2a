"""The cost limit names the resources that make up the cost, largest first."""

from decimal import Decimal
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.costs.readers import stack_from_rows
from infra.costs.stack import Stack
from infra.policy.budget import budget_of, over_budget, price
from tests.infra.costs.stacks import fleet, row, stack_of
from tests.infra.stack_variants import committed

BUDGET = "aws:budgets/budget:Budget"
NAT = row("aws:ec2/natGateway:NatGateway", "nat")
ADDRESS = row("aws:ec2/eip:Eip", "address", domain="vpc")


def project(name: str) -> Stack:
    recording = committed(name)
    return stack_from_rows(recording.resources, name, "test", recording.region)


def test_within_its_budget_a_stack_passes() -> None:
    assert list(over_budget(project("dev"), Decimal(500))) == []


def test_above_its_budget_the_largest_resources_are_named_first() -> None:
    (overrun,) = over_budget(project("dev"), Decimal(100))
    text = str(overrun)
    assert "above the budget of 100.00 USD: fleet (Group) 1" in text
    assert text.index("fleet") < text.index("nat-0") < text.index("all others")
    assert (
        sum(share.monthly for share in overrun.shares) == overrun.expected == price(project("dev")).monthly("expected")
    )


def test_at_its_budget_a_stack_passes_and_a_cent_below_it_does_not() -> None:
    exact = price(stack_of(NAT, ADDRESS)).monthly("expected")
    budget = Decimal(exact.numerator) / Decimal(exact.denominator)
    assert list(over_budget(stack_of(NAT, ADDRESS), budget)) == []
    assert list(over_budget(stack_of(NAT, ADDRESS), budget - Decimal("0.01")))


def test_more_traffic_of_another_workload_counts(tmp_path: Path) -> None:
    busy = tmp_path / "busy.toml"
    busy.write_text('[volume]\nper_month = 400_000_000\n\n[capacity]\n"g4dn.xlarge" = 50\n')
    stack = stack_of(*fleet("g4dn.xlarge", 1, 12))
    few, many = price(stack).monthly("expected"), price(stack, busy).monthly("expected")
    assert many > 2 * few


def test_a_workload_that_is_not_there_is_said() -> None:
    with pytest.raises(InputError, match="no such file"):
        price(stack_of(NAT), Path("nowhere.toml"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), None),
        ((row(BUDGET, "b", timeUnit="MONTHLY", limitAmount="50", limitUnit="USD"),), 50),
        ((row(BUDGET, "b", timeUnit="ANNUALLY", limitAmount="50", limitUnit="USD"),), None),
        ((row(BUDGET, "b", timeUnit="MONTHLY", limitAmount="50", limitUnit="GB"),), None),
        (
            (
                row(BUDGET, "a", timeUnit="MONTHLY", limitAmount="50", limitUnit="USD"),
                row(BUDGET, "b", timeUnit="MONTHLY", limitAmount="40.5", limitUnit="USD"),
            ),
            Decimal("40.5"),
        ),
    ],
)
def test_the_budget_is_that_of_the_stack(rows: tuple[dict[str, object], ...], expected: Decimal | None) -> None:
    assert budget_of(stack_of(*rows)) == expected


def test_the_projects_stacks_are_within_their_own_budgets() -> None:
    for name in ("small", "dev", "prod"):
        stack = project(name)
        budget = budget_of(stack)
        assert budget is not None
        assert list(over_budget(stack, budget)) == []
