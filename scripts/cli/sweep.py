"""`breakeven sweep`: proof that nothing billable is left of a stack, or the list of what is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console, live, options, progress
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.record import StackConfig


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(sweep)


def sweep(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack's name; it need not exist any more.")] = "dev",
    project: live.Project = None,
    sandbox: live.Sandbox = False,
    region: options.Region = "",
) -> None:
    """Look for everything that bears the stack's tags or names; exit code 8 when anything is left."""
    from infra.lifecycle.leftovers import Marks
    from infra.lifecycle.preflight import account_of
    from infra.lifecycle.sweep import as_text, document
    from infra.lifecycle.sweep import sweep as look

    folder = live.folder(project)
    if sandbox and not _is_there(folder, stack):
        console.answer({"stack": stack, "sandbox": False})
        live.say(f"stack {stack} has no sandbox: what an emulated account held ended with it.")
        return
    config = _config(stack, live.folder(project, stack, sandbox), region)
    marks = Marks(project=config.project, stack=stack)
    with progress.waiting("Looking for what is left"):
        swept = look(account_of(config), marks)
    console.answer(document(swept))
    typer.echo(as_text(swept, marks), nl=False)
    if not swept.is_clean:
        raise typer.Exit(ExitCode.LEFTOVERS)


def _is_there(folder: Path, stack: str) -> bool:
    from infra.sandbox import Place

    return Place(project=folder, stack=stack).is_there


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
