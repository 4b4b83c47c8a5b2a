"""The registry of rules: each has an id of a public catalogue, a level, and the resource types it looks at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from infra.costs.stack import Resource, Stack

Level = Literal["mandatory", "advisory"]
MANDATORY: Final[Level] = "mandatory"
ADVISORY: Final[Level] = "advisory"

Check = Callable[[Resource, Stack], Iterator[str]]
"""Yields one message for each way in which the resource breaks the rule; what it cannot read raises Unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `id` and `also` are those of checkov (CKV), prowler (words) and cfn-nag (W and F)."""

    id: str
    also: tuple[str, ...]
    title: str
    level: Level
    types: tuple[str, ...]
    check: Check


RULES: dict[str, Rule] = {}


def rule(id_: str, *also: str, title: str, level: Level, on: tuple[str, ...]) -> Callable[[Check], Check]:
    """Register the function as the rule of an id, on resources of these type tokens."""

    def register(check: Check) -> Check:
        if id_ in RULES:
            raise ValueError(f"{id_} is registered twice")
        RULES[id_] = Rule(id=id_, also=also, title=title, level=level, types=on, check=check)
        return check

    return register
