"""`breakeven refresh`: reads every resource of a stack back from AWS into its state."""

import typer

from scripts.cli import console, live, options


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(refresh)


def refresh(stack: options.StackName = "dev", project: live.Project = None, sandbox: live.Sandbox = False) -> None:
    """Bring the state to what is really there; changes nothing in AWS."""
    from infra.lifecycle import up as work
    from infra.lifecycle.workspace import Workspace

    workspace = Workspace.open(stack, live.folder(project, stack, sandbox))
    done = work.refresh(workspace, live.say)
    console.answer({"stack": stack, "done": done})
    typer.echo(f"stack {stack}: {done}.")
