"""The tables that least privilege is judged by, from permissions.toml."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).with_name("permissions.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A managed policy that was read: what it allows, and on what."""

    policy: str
    actions: tuple[str, ...]
    reaches: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Actions without resources and the condition keys that bound them; managed policies; deputies by kind of grant."""

    bounds: Mapping[str, tuple[str, ...]]
    managed: Mapping[str, Managed]
    deputies: Mapping[tuple[str, str], str]

    def managed_by(self, arn: str) -> Managed | None:
        """The managed policy of an ARN, where it is one of AWS's that was read."""
        owner, _, name = arn.partition(":policy/")
        return self.managed.get(name) if owner.endswith(":iam::aws") else None


@functools.cache
def permissions() -> Permissions:
    """Read the tables once."""
    document = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return Permissions(
        bounds={row["action"]: tuple(row["bounds"]) for row in document["without_resource"]},
        managed={
            row["policy"]: Managed(
                policy=row["policy"], actions=tuple(row["actions"]), reaches=row["reaches"], reason=row["reason"]
            )
            for row in document["managed"]
        },
        deputies={(row["service"], row["kind"]): row["bound"] for row in document["deputy"]},
    )
