"""What a change does to the stacks of a project: their bills, budgets and rules, on both sides."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from infra.costs.estimate import Estimate
from infra.costs.stack import Stack
from infra.lifecycle.changes import Changes, changes
from infra.policy.budget import budget_of
from infra.policy.check import Checked, Finding, check
from infra.review.sides import Side

Price = Callable[[Stack, Path], Estimate]
"""Prices a stack with the assumptions that lie in a folder."""
Mark = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class StackReview:
    """One stack: what changes on its bill, what it may cost (USD a month, None: no budget), and which rules it breaks.

    `problem` says in one line why there is no difference; with `unusable` the stack as it is now is what cannot be
    read. `known` are the findings that were there before.
    """

    name: str
    changes: Changes | None = None
    budget: Decimal | None = None
    checked: Checked | None = None
    known: frozenset[Mark] = frozenset()
    is_new: bool = False
    is_gone: bool = False
    problem: str = ""
    unusable: bool = False

    @property
    def over_budget(self) -> bool:
        """Whether the expected month is above the budget."""
        return self.budget is not None and self.changes is not None and self.changes.after.expected > self.budget

    def is_known(self, finding: Finding) -> bool:
        """Whether the base has the same finding."""
        return mark(finding) in self.known


@dataclass(frozen=True, kw_only=True)
class Review:
    """All stacks beside the base they are compared with; `base` is empty before the first commit."""

    base: str
    stacks: tuple[StackReview, ...]

    @property
    def added(self) -> Fraction:
        """USD a month that the change adds over all stacks, expected."""
        return sum((one.changes.delta.expected for one in self.stacks if one.changes and not one.problem), Fraction(0))


def mark(finding: Finding) -> Mark:
    """What is the same about a finding on both sides."""
    return finding.rule.id, finding.resource.urn.split("::", 2)[-1], finding.message


def review(base: Side, now: Side, sha: str, price: Price, budget: Decimal | None, *, rules: bool) -> Review:
    """Compare two sides; `budget` holds for each stack, None takes each stack's own. Raises CostError."""
    names = sorted(base.names() | now.names())
    return Review(base=sha, stacks=tuple(_stack(name, base, now, price, budget, rules=rules) for name in names))


def _stack(name: str, base: Side, now: Side, price: Price, budget: Decimal | None, *, rules: bool) -> StackReview:
    if name in now.problems:
        return StackReview(name=name, problem=now.problems[name], unusable=True)
    before, after = base.stacks.get(name), now.stacks.get(name)
    checked = check(after) if rules and after else None
    unread = base.problems.get(name, "")
    was = _priced(price, before, base.folder)
    found = None if unread else changes(was, _priced(price, after, now.folder))
    return StackReview(
        name=name,
        changes=found or changes(None, _priced(price, after, now.folder)),
        budget=(budget if budget is not None else budget_of(after)) if after else None,
        checked=checked,
        known=frozenset(mark(finding) for finding in check(before).findings) if rules and before else frozenset(),
        is_new=before is None and not unread,
        is_gone=after is None,
        problem=f"no difference, since the base cannot be read: {unread}" if unread else "",
    )


def _priced(price: Price, stack: Stack | None, folder: Path) -> Estimate | None:
    return price(stack, folder) if stack and any(r.custom for r in stack) else None
