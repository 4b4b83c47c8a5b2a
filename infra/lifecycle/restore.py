"""Bring a stack back from a backup: what there is to do, its state where its resources still exist, and the proof."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.costs.errors import InputError
from infra.lifecycle.aws import Account, told
from infra.lifecycle.engine import Say
from infra.lifecycle.errors import AccountError, DeploymentError, NotDeployedError
from infra.lifecycle.leftovers import Marks
from infra.lifecycle.restore_files import Absent, Opened, Settings
from infra.lifecycle.sweep import sweep
from infra.lifecycle.up import Foreseen, foresee, refresh
from infra.lifecycle.workspace import Workspace
from infra.record import stacks

# What becomes of the state: it is there and stays, it comes from the backup, or a new one is made.
State = Literal["stays", "imported", "new"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a restore would do. `found` are resources of the backup's state that exist, `unknown` the stack's others."""

    target: str
    state: State
    deployed: int
    found: tuple[str, ...]
    unknown: tuple[str, ...]
    settings: Settings
    missing: tuple[Absent, ...]


def plan(
    opened: Opened, target: str, account: Account, settings: Settings, missing: tuple[Absent, ...], deployed: int
) -> Plan:
    """Look at what is there; nothing is changed. Raises AccountError where it is not possible to look everywhere."""
    manifest = opened.manifest
    found: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    if not deployed:
        existing = _existing(account, Marks(project=manifest.project, stack=target))
        ids = {str(row.get("id")) for row in opened.rows if row.get("custom")}
        own = existing & ids if target == manifest.stack else frozenset()
        found, unknown = tuple(sorted(own)), tuple(sorted(existing - ids))
        _refuse_other_account(opened, account, found)
    state: State = "stays" if deployed else "imported" if found else "new"
    return Plan(
        target=target,
        state=state,
        deployed=deployed,
        found=found,
        unknown=unknown,
        settings=settings,
        missing=missing,
    )


def import_state(workspace: Workspace, opened: Opened, say: Say) -> Foreseen:
    """Put the backup's state in the place of an empty one, read everything back, and preview."""
    if not workspace.deployed().is_empty:
        reason = "its state holds resources already"
        raise InputError(f"stack {workspace.name}", reason, "run restore again, or see `pulumi stack export`")
    workspace.write(opened.state)
    say(f"The state is imported; reading it back: {refresh(workspace, say)}.")
    return foresee(workspace, say)


def prove(workspace: Workspace, say: Say) -> None:
    """Raises DeploymentError unless the engine finds nothing to do."""
    foreseen = foresee(workspace, say)
    if foreseen.steps:
        reason = f"it is not what its settings say: {foreseen.words}"
        raise DeploymentError(f"stack {workspace.name}", reason, "see `breakeven diff`, then `breakeven up`")


def naming(workspace: Workspace, region: str) -> tuple[str, ...]:
    """The resources of the state that name a region anywhere."""
    rows = workspace.deployed().rows
    return tuple(str(row["urn"]).rsplit("::", 1)[-1] for row in rows if region in json.dumps(row))


def deployed_of(target: str, project: Path) -> int:
    """How many resources the target's own state has; 0 for one that is lost or was never there."""
    if target not in stacks(project):
        return 0
    try:
        workspace = Workspace.open(target, project)
    except NotDeployedError:
        return 0
    return sum(1 for row in workspace.deployed().rows if row.get("custom"))


def _existing(account: Account, marks: Marks) -> frozenset[str]:
    swept = sweep(account, marks)
    if swept.unseen:
        thing = f"stack {marks.stack}"
        raise AccountError(thing, f"what is left of it cannot be told: {swept.unseen[0]}", "ask for that permission")
    return frozenset(row.id for row in swept.found if not row.going)


def _refuse_other_account(opened: Opened, account: Account, found: tuple[str, ...]) -> None:
    """Names are alike in all accounts: a state of one must not be taken for another's."""
    if not found:
        return
    with told("AWS account"):
        caller = str(account.client("sts").get_caller_identity()["Account"])
    if caller != opened.manifest.account:
        reason = f"account {caller} has resources of the same names; the backup is of {opened.manifest.account}"
        raise AccountError(f"stack {opened.manifest.stack}", reason, "use that account, or give --stack NEW")
