"""Bring a stack to what its program says, and the state to what is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.lifecycle.adopt import adopt, settle
from infra.lifecycle.engine import Progress, Say, changes_of, done_of, op_name, run
from infra.lifecycle.preflight import account_of
from infra.lifecycle.workspace import Row, Workspace


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What the engine would do: in words, and in how many steps."""

    words: str
    steps: int


def foresee(workspace: Workspace, say: Say) -> Foreseen:
    """The engine's own preview: what the provider refuses is told before anything is created."""
    progress = Progress(say)
    result = run(workspace.stack, lambda: workspace.stack.preview(on_event=progress, color="never"), progress)
    counts = {op_name(op): count for op, count in result.change_summary.items()}
    return Foreseen(words=changes_of(counts), steps=progress.planned)


def deploy(workspace: Workspace, say: Say, steps: int = 0) -> Mapping[str, Any]:
    """Deploy; the stack's outputs. Raises DeploymentError with the provider's first complaint.

    What an earlier run that was killed had begun is taken into the state first: it would be made twice otherwise.
    """
    recover(workspace, say)
    progress = Progress(say, expected=steps)
    done = run(workspace.stack, lambda: workspace.stack.up(on_event=progress, color="never"), progress)
    return workspace.shown(done.outputs).values


def recover(workspace: Workspace, say: Say) -> None:
    """Where an earlier run was cut off, find what it had begun and read it back; else nothing."""
    deployed = workspace.deployed()
    # Without outputs is what was taken into the state by a recovery that was itself cut off.
    if deployed.pending or any(row.get("custom") and "outputs" not in row for row in deployed.rows):
        refresh(workspace, say)


def refresh(workspace: Workspace, say: Say) -> str:
    """Read every resource back from AWS into the state; what changed, in words."""
    found = _take_begun(workspace, say)
    progress = Progress(say)
    result = run(
        workspace.stack,
        lambda: workspace.stack.refresh(on_event=progress, color="never", clear_pending_creates=True),
        progress,
    )
    if found:
        say(f"  found in AWS: {', '.join(settle(workspace, found)) or 'none of it'}"[:80])
    return done_of({op_name(op): count for op, count in (result.summary.resource_changes or {}).items()})


def _take_begun(workspace: Workspace, say: Say) -> tuple[Row, ...]:
    """What the engine's own refresh would forget, because it cannot find it by an id."""
    deployed = workspace.deployed()
    if not deployed.pending:
        return ()
    say(f"  an earlier run was cut off at {', '.join(deployed.pending)}"[:80])
    return adopt(workspace, account_of(workspace.config), deployed)
