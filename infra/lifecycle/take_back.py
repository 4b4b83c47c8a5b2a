"""Log groups of a stack whose state was lost: their names are fixed, so the next `up` takes them into the new state."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.lifecycle.aws import Account, told
from infra.lifecycle.data import LOG_GROUP
from infra.lifecycle.engine import run
from infra.lifecycle.kept import ROOT
from infra.lifecycle.leftovers import Marks
from infra.lifecycle.workspace import Deployed, Row, Workspace


def take_back(workspace: Workspace, account: Account, recorded: Iterable[Row]) -> tuple[str, ...]:
    """Take in the log groups that the program asks for, that are there with the stack's tags, and that no state knows.

    Their names. Raises AccountError or DeploymentError.
    """
    program = {str(row["urn"]): row for row in recorded}
    deployed = workspace.deployed()
    marks = Marks(project=workspace.config.project, stack=workspace.name)
    found = [row for row in _unknown(program, deployed) if _is_ours(account, marks, row["inputs"]["name"])]
    if found:
        known = {str(row["urn"]) for row in deployed.document.get("resources") or ()}
        parents = {urn: program[urn] for row in found for urn in _above(program, row)}
        resources = [_component(program, row) for urn, row in parents.items() if urn not in known]
        resources += [_group(program, row) for row in found]
        table = {_name(urn): urn for urn in parents if urn in known}
        stack = workspace.stack
        run(
            stack,
            lambda: stack.import_resources(resources=resources, name_table=table, protect=False, generate_code=False),
        )
    return tuple(str(row["inputs"]["name"]) for row in found)


def _unknown(program: Mapping[str, Row], deployed: Deployed) -> Iterator[Row]:
    known = set(deployed.ids(LOG_GROUP))
    for row in program.values():
        if row["type"] == LOG_GROUP and row["inputs"]["name"] not in known:
            yield row


def _is_ours(account: Account, marks: Marks, name: str) -> bool:
    """Whether there is a log group of this name, and its tags are the stack's."""
    for row in account.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name):
        if row["logGroupName"] == name:
            with told(f"log group {name}"):
                arn = str(row["arn"]).removesuffix(":*")
                return marks.has(account.client("logs").list_tags_for_resource(resourceArn=arn)["tags"])
    return False


def _above(program: Mapping[str, Row], row: Row) -> list[str]:
    """The components that a resource is part of, the outermost first."""
    parent = program.get(str(row.get("parent")))
    return [] if parent is None or parent["type"] == ROOT else [*_above(program, parent), str(parent["urn"])]


def _component(program: Mapping[str, Row], row: Row) -> Any:
    return {"type": row["type"], "name": _name(row["urn"]), "component": True, **_parent(program, row)}


def _group(program: Mapping[str, Row], row: Row) -> Any:
    name = row["inputs"]["name"]
    return {"type": row["type"], "name": _name(row["urn"]), "id": name, **_parent(program, row)}


def _parent(program: Mapping[str, Row], row: Row) -> dict[str, str]:
    above = _above(program, row)
    return {"parent": _name(above[-1])} if above else {}


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
