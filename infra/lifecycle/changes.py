"""What a change adds to the bill: two estimates compared, resource by resource, in the three cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from infra.costs.estimate import Estimate
from infra.costs.items import CASES, Cases, Reason
from infra.costs.stack import Resource

Kind = Literal["added", "removed", "changed"]
NOTHING: Final = Cases.same(Fraction(0))


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource whose monthly cost differs; USD a month before and after."""

    name: str
    type: str
    component: str
    kind: Kind
    before: Cases[Fraction]
    after: Cases[Fraction]

    @property
    def delta(self) -> Cases[Fraction]:
        """USD a month that the change adds."""
        return minus(self.after, self.before)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The bill before and after, the resources that make the difference, and what the figures leave out."""

    before: Cases[Fraction]
    after: Cases[Fraction]
    rows: tuple[Change, ...]
    added_free: int
    removed_free: int
    not_priced: tuple[Reason, ...]

    @property
    def delta(self) -> Cases[Fraction]:
        """USD a month that all changes add together."""
        return minus(self.after, self.before)


def changes(old: Estimate | None, new: Estimate | None) -> Changes:
    """Compare two estimates; None is a stack without resources. Largest difference first."""
    before, after = _bills(old), _bills(new)
    had, has = _resources(old), _resources(new)
    rows = [
        _change(has.get(key) or had[key], _kind(key, had, has), before.get(key, NOTHING), after.get(key, NOTHING))
        for key in {**before, **after}
    ]
    differing = [row for row in rows if any(row.delta[case] for case in CASES)]
    differing.sort(key=lambda row: (-max(abs(row.delta[case]) for case in CASES), row.component, row.name))
    reasons = {_key(r.resource): r for estimate in (old, new) if estimate for r in estimate.unpriced}
    return Changes(
        before=_total(old),
        after=_total(new),
        rows=tuple(differing),
        added_free=len(_custom(has) - _custom(had) - after.keys()),
        removed_free=len(_custom(had) - _custom(has) - before.keys()),
        not_priced=tuple(reasons.values()),
    )


def minus(a: Cases[Fraction], b: Cases[Fraction]) -> Cases[Fraction]:
    """The difference, case by case."""
    return Cases(*(a[case] - b[case] for case in CASES))


def _key(resource: Resource) -> str:
    """What stays the same between two stacks, previews and states of one program: types and name."""
    return resource.urn.split("::", 2)[-1]


def _resources(estimate: Estimate | None) -> dict[str, Resource]:
    if estimate is None:
        return {}
    made = [item.resource for item in estimate.items]
    return {_key(resource): resource for resource in (*made, *estimate.stack)}


def _custom(resources: Mapping[str, Resource]) -> set[str]:
    return {key for key, r in resources.items() if r.custom and not r.type.startswith("pulumi:")}


def _bills(estimate: Estimate | None) -> dict[str, Cases[Fraction]]:
    """USD a month by resource; lines without a quantity are in no total, so they are in none here."""
    bills: dict[str, Cases[Fraction]] = {}
    for item in estimate.items if estimate else ():
        cost = Cases(*((estimate.of_item(item, case) or Fraction(0)) for case in CASES))  # type: ignore[union-attr]
        so_far = bills.get(_key(item.resource), NOTHING)
        bills[_key(item.resource)] = Cases(*(so_far[case] + cost[case] for case in CASES))
    return bills


def _total(estimate: Estimate | None) -> Cases[Fraction]:
    return Cases(*(estimate.monthly(case) for case in CASES)) if estimate else NOTHING


def _kind(key: str, had: Mapping[str, Resource], has: Mapping[str, Resource]) -> Kind:
    return "changed" if key in had and key in has else "added" if key in has else "removed"


def _change(resource: Resource, kind: Kind, before: Cases[Fraction], after: Cases[Fraction]) -> Change:
    return Change(
        name=resource.name,
        type=resource.type,
        component=resource.component,
        kind=kind,
        before=before,
        after=after,
    )
