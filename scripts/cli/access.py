"""`breakeven access`: who reaches what, by which port or action and with which credential, from the resources."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.costs.stack import Stack


class Form(StrEnum):
    """How the ways are written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(access)


def access(
    file: Annotated[str, typer.Argument(help="A stack file in place of the program; - for stdin.")] = "",
    stack: Annotated[str, typer.Option("--stack", "-s", help="Which Pulumi.<stack>.yaml.")] = "dev",
    form: Annotated[Form, typer.Option("--format", help="How the ways are written.")] = Form.TEXT,
) -> None:
    """Show who reaches what, and with which credential; exit code 10 when strangers or other accounts do without."""
    from infra.policy.check import VIOLATED
    from infra.policy.reach import reach
    from infra.policy.reach_report import as_json, as_markdown, as_text, breaches

    found = _stack(file, stack)
    ways = reach(found)
    if form is Form.TEXT:
        typer.echo(as_text(found.name, ways))
    else:
        typer.echo(as_json(found.name, ways) if form is Form.JSON else as_markdown(ways))
    if breaches(ways):
        raise typer.Exit(VIOLATED)


def _stack(file: str, name: str) -> "Stack":
    from scripts.cli import program, session

    return session.read_stack(file, "") if file else program.recorded(name)[0]
