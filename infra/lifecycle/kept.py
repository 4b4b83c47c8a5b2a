"""Data that a teardown leaves: it stays in the state, protected, so that the next `up` has it again.

Plain `pulumi up` has it, too, and plain `pulumi destroy` refuses to delete it.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.lifecycle.data import BUCKET, KEY, LOG_GROUP, is_data, keepable
from infra.lifecycle.workspace import Deployed, Row, Workspace

ROOT: Final = "pulumi:pulumi:Stack"


def kept(deployed: Deployed) -> tuple[Row, ...]:
    """What an earlier teardown left on purpose; the program itself protects nothing."""
    return tuple(row for row in keepable(deployed) if row.get("protect"))


def holders(deployed: Deployed) -> tuple[str, ...]:
    """The buckets, log groups and keys among it, by their physical ids."""
    return tuple(str(row["id"]) for row in kept(deployed) if row.get("type") in (BUCKET, LOG_GROUP, KEY))


def keep(workspace: Workspace, deployed: Deployed) -> None:
    """Protect the data in the state: a `destroy` that leaves out what is protected then leaves it where it is."""
    _change(workspace, deployed.document, lambda row: row.update(protect=True) if is_data(row) else None)


def release(workspace: Workspace, deployed: Deployed) -> None:
    """Take the protection off again, where there is any."""
    if kept(deployed):
        _change(workspace, deployed.document, lambda row: row.update(protect=False) if is_data(row) else None)


def forget_outputs(workspace: Workspace) -> None:
    """Take the outputs off a stack of which only data is left: its endpoint answers no more."""
    document = workspace.deployed().document
    _change(workspace, document, lambda row: row.update(outputs={}) if row.get("type") == ROOT else None)


def _change(workspace: Workspace, document: Mapping[str, Any], change: Callable[[dict[str, Any]], None]) -> None:
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    for row in changed.get("resources") or ():
        change(row)
    workspace.write(changed)
