"""What the verbs on a deployed stack do alike: options, the project's folder, the account, questions, cost tables."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console

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
Sandbox = Annotated[
    bool,
    typer.Option(
        "--sandbox", envvar="BREAKEVEN_SANDBOX", help="The stack in an emulated account on this machine; no cost."
    ),
]


def folder(project: Path | None, stack: str = "", sandbox: bool = False) -> Path:
    """The project's folder, or the stack's sandbox in it; raises InputError for one without a Pulumi.yaml."""
    found = _folder(project)
    if not sandbox:
        return found
    from infra.sandbox import Place, enter, line

    place = Place(project=found, stack=stack)
    console.note(line(place, enter(place)))
    return place.view


@contextmanager
def begun(project: Path | None, stack: str, sandbox: bool) -> Iterator[Path]:
    """The same for `up`, which starts a sandbox; a new one that is empty in the end is ended again."""
    if not sandbox:
        yield _folder(project)
        return
    from infra.sandbox import Place, block, leave, start

    place = Place(project=_folder(project), stack=stack)
    served, new = start(place, console.note)
    try:
        for row in block(place, served):
            console.note(row)
        yield place.view
    finally:
        if new and not place.holds_stack:
            leave(place)


def _folder(project: Path | None) -> Path:
    from infra.costs.errors import InputError
    from scripts.cli.session import ROOT

    found = (project or ROOT).absolute()
    if not (found / "Pulumi.yaml").is_file():
        raise InputError(str(project), "holds no Pulumi.yaml", "give the project's folder")
    return found


def say(line: str) -> None:
    """Progress, shown at once; nothing with `--quiet`."""
    if not console.is_quiet():
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
