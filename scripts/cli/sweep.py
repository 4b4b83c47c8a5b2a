"""`breakeven sweep`: proof that nothing billable is left of a stack, or the list of what is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import live, options

if TYPE_CHECKING:
    from infra.record import StackConfig


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(sweep)


def sweep(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack's name; it need not exist any more.")] = "dev",
    project: live.Project = None,
    region: options.Region = "",
) -> None:
    """Look for everything that bears the stack's tags or names; exit code 8 when anything is left."""
    from infra.lifecycle.errors import LEFTOVERS_FOUND
    from infra.lifecycle.leftovers import Marks
    from infra.lifecycle.preflight import account_of
    from infra.lifecycle.sweep import as_text
    from infra.lifecycle.sweep import sweep as look

    config = _config(stack, live.folder(project), region)
    marks = Marks(project=config.project, stack=stack)
    swept = look(account_of(config), marks)
    typer.echo(as_text(swept, marks), nl=False)
    if not swept.is_clean:
        raise typer.Exit(LEFTOVERS_FOUND)


def _config(stack: str, folder: Path, region: str) -> "StackConfig":
    """The stack's own configuration; for one whose file is gone, the project's name and the region given."""
    from infra.costs.errors import InputError
    from infra.record import StackConfig, read_config, stacks

    known = stacks(folder)
    if stack not in known and not region:
        reason = f"it has no file, and no region was given (stacks with files: {', '.join(known) or 'none'})"
        raise InputError(f"stack {stack}", reason, "add --region to look for what it left")
    config = read_config(stack if stack in known else known[0], folder)
    own = config.values if stack in known else {}
    return StackConfig(
        project=config.project, stack=stack, values={**own, **({"aws:region": region} if region else {})}
    )
