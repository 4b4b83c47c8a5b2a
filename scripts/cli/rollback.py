"""`breakeven rollback`: the version before becomes current again, in the bytes that were served."""

from typing import Annotated

import typer

from scripts.cli import console, live, version_stacks

To = Annotated[
    str, typer.Option("--to", metavar="VERSION", help="To this one (default: the one that was current before).")
]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(rollback)


def rollback(
    model: version_stacks.Model,
    to: To = "",
    project: live.Project = None,
    compiled: version_stacks.Compile = True,
) -> None:
    """Make MODEL's version before current again: its own archive where it is still there, else built anew."""
    from scripts.cli.rollout import show_current
    from serving import rollout as work
    from serving import versions
    from serving.errors import InputError
    from serving.model import find

    home = find(model).home
    found = version_stacks.uses(model, live.folder(project))
    now = versions.current(home).number
    number = versions.find(home, to or versions.previous(home)).number
    if number == now:
        raise InputError(f"version {number} of {model}", "it is current already", f"see breakeven versions {model}")
    archive = work.archive_of(home, number, console.note, compiled=compiled, as_before=True)
    work.put(home, number, archive, "rollback")
    show_current(home, number, now, found)
