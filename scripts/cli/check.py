"""`breakeven check`: the security rules on the recorded program, or on a stack's file, without an engine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import completion, console, live, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.costs.stack import Stack


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    file: Annotated[str, typer.Argument(help="A stack file in place of the program; - for stdin.")] = "",
    stack: Annotated[
        str,
        typer.Option(
            "--stack",
            "-s",
            help="Which Pulumi.<stack>.yaml; without it, every stack of the project.",
            autocompletion=completion.stacks,
        ),
    ] = "",
    form: options.OutputFormat = options.Format.TEXT,
    project: live.Project = None,
) -> None:
    """Run the security rules; exit code 10 when a mandatory one is violated without a written exception."""
    from infra.policy import report
    from infra.policy.check import check as apply_rules
    from infra.policy.check import refuse_unused
    from infra.policy.exemptions import read_exemptions

    if file and stack:
        raise typer.BadParameter("give a file or --stack, not both")
    exemptions = read_exemptions()
    checked = [apply_rules(one, exemptions) for one in _stacks(file, stack, project)]
    forms = {
        options.Format.TEXT: report.as_text,
        options.Format.MARKDOWN: report.as_markdown,
        options.Format.JSON: report.as_json,
    }
    console.report(forms[form](checked))
    if any(one.mandatory for one in checked):
        raise typer.Exit(ExitCode.VIOLATED)
    refuse_unused(checked, exemptions, everything=not (file or stack or project))


def _stacks(file: str, name: str, project: Path | None) -> "list[Stack]":
    from scripts.cli import program, session

    if file:
        return [session.read_stack(file, "")]
    from infra.record import stacks

    folder = live.folder(project)
    return [program.recorded(one, project=folder)[0] for one in ([name] if name else stacks(folder))]
