"""The cost limit: what a stack is expected to cost against its budget, and which resources make it up."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

from infra.costs.capacity import ModelCapacity
from infra.costs.estimate import Estimate, estimate
from infra.costs.stack import Resource, Stack
from infra.costs.workload import Workload
from infra.settings import MODELS

ROOT: Final = Path(__file__).resolve().parents[2]
BUDGET: Final = "aws:budgets/budget:Budget"
GROUP: Final = "aws:autoscaling/group:Group"
MODEL_TAG: Final = "model"
SHOWN: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one resource adds to the expected month, in USD."""

    resource: Resource
    monthly: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """A stack whose expected month, in USD, is above its budget; `shares` are largest first."""

    budget: Decimal
    expected: Fraction
    shares: tuple[Share, ...]

    def __str__(self) -> str:
        largest = ", ".join(f"{row.resource.name} ({_kind(row.resource)}) {_usd(row.monthly)}" for row in self._largest)
        rest = self.expected - sum((row.monthly for row in self._largest), Fraction(0))
        others = f", all others {_usd(rest)}" if len(self.shares) > SHOWN else ""
        return (
            f"{_usd(self.expected)} USD a month expected, above the budget of {_usd(Fraction(self.budget))} USD: "
            f"{largest}{others}"
        )

    @property
    def _largest(self) -> tuple[Share, ...]:
        return self.shares[:SHOWN]


def budget_of(stack: Stack) -> Decimal | None:
    """USD a month of the stack's own budget (the setting budgetUsd), the lowest of several; None without one.

    Read from the resource: the engine does not tell a policy pack the stack's settings.
    """
    monthly = [r.inputs for r in stack.of_type(BUDGET) if r.inputs.text("timeUnit") == "MONTHLY"]
    limits = [row.number("limitAmount", 0) for row in monthly if row.text("limitUnit") == "USD"]
    return min((limit for limit in limits if limit), default=None)


def over_budget(stack: Stack, budget: Decimal, workload: Path | None = None) -> Iterator[Overrun]:
    """One overrun where the stack's expected month is above the budget, else none.

    The assumptions are those of `workload`, else of the project's workload.toml. Raises CostError.
    """
    priced = price(stack, workload)
    expected = priced.monthly("expected")
    if expected > budget:
        yield Overrun(budget=budget, expected=expected, shares=_shares(priced))


def price(stack: Stack, workload: Path | None = None) -> Estimate:
    """The estimate behind the limit."""
    path = workload or ROOT / "workload.toml"
    known = Workload.read(path) if workload or path.is_file() else Workload()
    return estimate(stack, workload=known, capacity=_capacity(known, stack))


def _capacity(workload: Workload, stack: Stack) -> ModelCapacity | None:
    tags = (tag for group in stack.of_type(GROUP) if group.component for tag in group.inputs.objects("tags"))
    model = workload.serving.model or next((t.text("value") for t in tags if t.get("key") == MODEL_TAG), "")
    path = MODELS / model / "capacity.toml"
    return ModelCapacity.read(path) if model and path.is_file() else None


def _shares(priced: Estimate) -> tuple[Share, ...]:
    sums: dict[str, Share] = {}
    for item in priced.items:
        before = sums.get(item.resource.urn, Share(resource=item.resource, monthly=Fraction(0)))
        cost = priced.of_item(item, "expected") or Fraction(0)
        sums[item.resource.urn] = Share(resource=item.resource, monthly=before.monthly + cost)
    return tuple(sorted(sums.values(), key=lambda row: (-row.monthly, row.resource.urn)))


def _kind(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


def _usd(amount: Fraction) -> str:
    return f"{float(amount):,.2f}"
