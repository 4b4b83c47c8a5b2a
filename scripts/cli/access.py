"""`breakeven access`: who reaches what, by which port or action and with which credential, from the resources."""

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.costs.stack import Stack


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(access)


def access(
    file: Annotated[str, typer.Argument(help="A stack file in place of the program; - for stdin.")] = "",
    stack: options.StackName = "dev",
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Show who reaches what, and with which credential; exit code 10 when strangers or other accounts do without."""
    from infra.policy.reach import reach
    from infra.policy.reach_report import as_json, as_markdown, as_text, breaches

    found = _stack(file, stack)
    ways = reach(found)
    if form is options.Format.TEXT:
        console.report(as_text(found.name, ways))
    else:
        console.report(as_json(found.name, ways) if form is options.Format.JSON else as_markdown(ways))
    if breaches(ways):
        raise typer.Exit(ExitCode.VIOLATED)


def _stack(file: str, name: str) -> "Stack":
    from scripts.cli import program, session

    return session.read_stack(file, "") if file else program.recorded(name)[0]
