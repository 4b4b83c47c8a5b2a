"""What may be left of a stack, and what each leftover costs a month by the same prices as everything else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from infra.costs.estimate import estimate
from infra.costs.prices import PriceBook
from infra.costs.readers import stack_from_rows
from infra.costs.usage import Usage


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """One thing in AWS that belongs to the stack.

    `why` says how it was recognised; `type`, `inputs` and `usage` are what it is priced by (no type: it costs nothing
    itself). What AWS is already deleting, and no longer bills, is `going`.
    """

    kind: str
    id: str
    why: str
    type: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    going: bool = False


@dataclass(frozen=True, kw_only=True)
class Marks:
    """How things of one stack are recognised: by its tags, and by names that its program alone gives."""

    project: str
    stack: str

    def has(self, tags: Any) -> bool:
        """Whether tags, as a map or as AWS lists them, are the stack's."""
        found = tags_of(tags)
        return found.get("project") == self.project and found.get("stack") == self.stack

    def others(self, tags: Any) -> bool:
        """Whether tags name another stack or project."""
        found = tags_of(tags)
        return "stack" in found and "project" in found and not self.has(found)

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The tags as EC2 filters by them."""
        return [
            {"Name": "tag:project", "Values": [self.project]},
            {"Name": "tag:stack", "Values": [self.stack]},
        ]


def tags_of(tags: Any) -> Mapping[str, str]:
    """Tags as a map, however the service lists them."""
    return tags if isinstance(tags, Mapping) else {_key(tag): _value(tag) for tag in tags or ()}


def monthly(leftovers: Iterable[Leftover], region: str, book: PriceBook | None = None) -> dict[str, Fraction | None]:
    """USD a month by leftover id; None where there is no price. What is going costs nothing."""
    found = tuple(leftovers)
    priced = [row for row in found if row.type and not row.going]
    costs: dict[str, Fraction | None] = {row.id: Fraction(0) for row in found}
    if not priced:
        return costs
    stack = stack_from_rows([_row(row) for row in priced], "leftovers", "leftovers", region)
    usage = Usage({_name(row): row.usage for row in priced if row.usage}, "leftovers")
    result = estimate(stack, usage=usage, book=book, region=region)
    urns = {_urn(row): row.id for row in priced}
    for reason in result.unpriced:
        costs[urns[reason.resource.urn]] = None
    for item in result.items:
        id_ = urns[item.resource.urn]
        so_far = costs[id_]
        if so_far is not None:
            costs[id_] = so_far + (result.of_item(item, "low") or Fraction(0))
    return costs


def _row(leftover: Leftover) -> dict[str, Any]:
    return {
        "urn": _urn(leftover),
        "type": leftover.type,
        "custom": True,
        "id": leftover.id,
        "inputs": dict(leftover.inputs),
    }


def _urn(leftover: Leftover) -> str:
    return f"urn:pulumi:leftovers::leftovers::{leftover.type}::{_name(leftover)}"


def _name(leftover: Leftover) -> str:
    return leftover.id.replace("::", "--")


def _key(tag: Mapping[str, Any]) -> str:
    return str(tag.get("Key") or tag.get("TagKey") or tag.get("key") or "")


def _value(tag: Mapping[str, Any]) -> str:
    return str(tag.get("Value") or tag.get("TagValue") or tag.get("value") or "")
