"""What the verbs on a deployed stack do alike: options, the project's folder, the account, questions, cost tables."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.costs.estimate import Estimate
    from infra.lifecycle.workspace import Deployed, Workspace
    from scripts.cli.session import Inputs

Project = Annotated[
    Path | None,
    typer.Option(
        "--project", envvar="BREAKEVEN_PROJECT", help="Folder of Pulumi.yaml and the stacks' files (default: this one)."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def folder(project: Path | None) -> Path:
    """The project's folder; raises InputError for one without a Pulumi.yaml."""
    from infra.costs.errors import InputError
    from scripts.cli.session import ROOT

    found = (project or ROOT).absolute()
    if not (found / "Pulumi.yaml").is_file():
        raise InputError(str(project), "holds no Pulumi.yaml", "give the project's folder")
    return found


def say(line: str) -> None:
    """Progress, shown at once."""
    typer.echo(line)
    sys.stdout.flush()


def agreed(question: str, yes: bool) -> bool:
    """The answer to a question; `--yes` answers it."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here: add --yes")
    return typer.confirm(question)


def priced_state(workspace: "Workspace", deployed: "Deployed", given: "Inputs") -> "Estimate | None":
    """What the deployed stack costs; None for an empty one."""
    return None if deployed.is_empty else given.price(deployed.priced(workspace.config.region))


def columns(lines: Iterable[str]) -> None:
    """Lines of prose, wrapped to 80 columns; hard-wrapped never: an address must stay whole."""
    from textwrap import wrap

    for line in lines:
        for part in wrap(line, 80, break_long_words=False, break_on_hyphens=False) or [""]:
            typer.echo(part)
