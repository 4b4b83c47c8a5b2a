"""The project's own Pulumi program as a stack the estimator reads."""

from collections.abc import Mapping
from pathlib import Path

from infra.costs.stack import Stack


def recorded(
    name: str, overrides: Mapping[str, object] | None = None, project: Path | None = None
) -> tuple[Stack, tuple[str, ...]]:
    """Run the program in process with a stack's settings; the stack it asks for and what it warns of.

    `overrides` are settings with full keys (`breakeven:instanceTypes`, `aws:region`) in place of the stack's; the
    stack is one of the `project` folder, by default of this one.
    """
    from infra.record import record
    from scripts.cli import progress
    from scripts.cli.session import ROOT

    with progress.waiting(f"Running the program of stack {name}"):
        recording = record(name, project or ROOT, overrides)
    return recording.as_stack(), recording.warnings
