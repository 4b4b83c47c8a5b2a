"""A caller's arguments as settings: defaults filled in, numbers as they were meant, paths where the caller is."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi.output import Unknown

from infra.package.declared import declared
from infra.settings import StackSettings, parse
from infra.settings_values import SettingsError

PATHS: Final = ("modelArchive", "nodeBundle", "canaryArchive")
# A bucket's name starts with project, stack and part: 37 characters at most before what makes it unique (the provider's
# own limit of `bucketPrefix`; from memory).
LONGEST: Final = 37 - len("-artifacts-")


def settings_of(given: Mapping[str, Any]) -> StackSettings:
    """The stack that is asked for; raises SettingsError as the program does.

    Paths count from the working directory, which is the calling program's folder.
    """
    asked = {key: _value(key, value) for key, value in given.items() if value is not None}
    for key in PATHS:
        if isinstance(asked.get(key), str) and asked[key]:
            asked[key] = str(Path(asked[key]).absolute())
    defaults = {key: row["default"] for key, row in declared().items()}
    return parse({**defaults, **asked})


def project_of(given: object, calling: str, stack: str) -> str:
    """What names in AWS begin with; raises SettingsError where they could not be used."""
    project = _value("project", given) if given else calling
    start = f"{project}-{stack}"
    if not re.fullmatch(r"[a-z][a-z0-9-]*", start):
        reason = f"names would start with {start}"
        raise SettingsError("project", reason, "give one, and a stack, of lower-case letters, digits and hyphens")
    if len(start) > LONGEST:
        reason = f"names would start with {start}, {len(start)} characters"
        raise SettingsError("project", reason, f"give a shorter one: with the stack's name {LONGEST} are the most")
    return str(project)


def _value(key: str, value: Any) -> Any:
    """A plain value; on the wire every number is a float."""
    if isinstance(value, pulumi.Output | Unknown):
        raise SettingsError(key, "is secret, or known only after a deployment", "give a plain value")
    if isinstance(value, Mapping):
        return {name: _value(f"{key}.{name}", item) for name, item in value.items()}
    if isinstance(value, list):
        return [_value(key, item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
