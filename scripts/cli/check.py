"""`breakeven check`: the security rules on the recorded program, or on a stack's file, without an engine."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.costs.stack import Stack


class Form(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    file: Annotated[str, typer.Argument(help="A stack file in place of the program; - for stdin.")] = "",
    stack: Annotated[
        str, typer.Option("--stack", "-s", help="Which Pulumi.<stack>.yaml; without it, every stack of the project.")
    ] = "",
    form: Annotated[Form, typer.Option("--format", help="How the result is written.")] = Form.TEXT,
) -> None:
    """Run the security rules; exit code 10 when a mandatory one is violated without a written exception."""
    from infra.policy import report
    from infra.policy.check import VIOLATED, refuse_unused
    from infra.policy.check import check as apply_rules
    from infra.policy.exemptions import read_exemptions

    if file and stack:
        raise typer.BadParameter("give a file or --stack, not both")
    exemptions = read_exemptions()
    checked = [apply_rules(one, exemptions) for one in _stacks(file, stack)]
    typer.echo(report.as_json(checked) if form is Form.JSON else report.as_text(checked))
    if any(one.mandatory for one in checked):
        raise typer.Exit(VIOLATED)
    refuse_unused(checked, exemptions, everything=not file and not stack)


def _stacks(file: str, name: str) -> "list[Stack]":
    from scripts.cli import program, session

    if file:
        return [session.read_stack(file, "")]
    from infra.record import stacks

    return [program.recorded(one)[0] for one in ([name] if name else stacks(session.ROOT))]
