"""Written exceptions from the rules: each names one rule and one kind of resource, and says why."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.costs.names import nearest
from infra.costs.stack import Resource
from infra.policy.rules import RULES

FILE: Final = Path(__file__).with_name("exceptions.toml")
KEYS: Final = ("rule", "component", "type", "name", "reason", "date")
OPTIONAL: Final = ("stacks",)

Refusal = Callable[[str, str, str], None]
"""Raises InputError for an exception, named first, whose rule or resource type does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One exception: the rule, the resources it holds for, and the reason.

    `name` is a resource's name in the program and may hold stars; `stacks` are the stacks it holds in, all by default.
    """

    rule: str
    component: str
    type: str
    name: str
    reason: str
    date: date
    stacks: tuple[str, ...] = ("*",)

    def covers(self, resource: Resource) -> bool:
        """Whether the exception is meant for this resource."""
        stack = resource.urn.removeprefix("urn:pulumi:").partition("::")[0]
        return (
            resource.type == self.type
            and resource.component == self.component
            and fnmatchcase(resource.name, self.name)
            and any(fnmatchcase(stack, pattern) for pattern in self.stacks)
        )

    def __str__(self) -> str:
        where = "" if self.stacks == ("*",) else f" in {', '.join(self.stacks)}"
        return f"{self.rule} on {self.component} {self.name}{where}"


def read_exemptions(path: Path = FILE, refuse: Refusal | None = None) -> tuple[Exemption, ...]:
    """The exceptions of a file; raises InputError for one that is incomplete or can match nothing.

    `refuse` says which rules and types there are; the project's own rules by default.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(str(path), "no such file", "check the path") from None
    except (ValueError, RecursionError) as error:
        raise InputError(str(path), f"not readable as TOML ({error})", "mend the file") from None
    unknown = set(document) - {"exception"}
    rows = document.get("exception", [])
    if unknown or not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise InputError(str(path), "holds something else than [[exception]] tables", "mend the file")
    known = refuse or _matchable
    return tuple(_exemption(f"{path.name} exception {index}", row, known) for index, row in enumerate(rows, 1))


def _exemption(thing: str, row: Mapping[str, Any], refuse: Refusal) -> Exemption:
    for key in row:
        if key not in (*KEYS, *OPTIONAL):
            known = (*KEYS, *OPTIONAL)
            raise InputError(thing, f"{key} is no key of an exception{nearest(key, known)}", f"use {', '.join(known)}")
    for key in KEYS:
        if not row.get(key) or (isinstance(row[key], str) and not row[key].strip()):
            raise InputError(thing, f"has no {key}", "an exception names its rule and resource, and says why and when")
    values = {key: row[key] for key in KEYS if key != "date"}
    stacks = row.get("stacks", ["*"])
    texts = [*values.values(), *(stacks if isinstance(stacks, list) else [None])]
    if not all(isinstance(text, str) for text in texts) or not stacks or type(row["date"]) is not date:
        raise InputError(thing, "has a value of the wrong kind", "write texts, a date, and a list of stacks")
    refuse(thing, values["rule"], values["type"])
    return Exemption(**values, date=row["date"], stacks=tuple(stacks))


def _matchable(thing: str, rule: str, token: str) -> None:
    if rule not in RULES:
        raise InputError(thing, f"there is no rule {rule}{nearest(rule, RULES)}", "see docs/security.md")
    if token not in RULES[rule].types:
        raise InputError(thing, f"{rule} does not look at {token}", f"use one of {', '.join(RULES[rule].types)}")
