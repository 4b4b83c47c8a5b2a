"""`breakeven explain-alarm`: what an alarm means, what to look at first, and what to do."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scripts.cli import completion, console, live

WIDTH = 80
NAME = 18
SHOWN = "dev"
"""The stack that the page's commands name."""


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(name="explain-alarm")(explain_alarm)


def explain_alarm(
    name: Annotated[
        str,
        typer.Argument(
            help="The alarm, with or without the stack's prefix; none lists all.", autocompletion=completion.alarms
        ),
    ] = "",
    stack: Annotated[
        str, typer.Option("--stack", "-s", help="The stack in the commands shown, and in the alarm's prefix.")
    ] = "",
    project: live.Project = None,
) -> None:
    """Print the runbook of an alarm, or list all alarms with one line each."""
    from infra import runbooks

    found = runbooks.read()
    if not name:
        if console.answer([{"alarm": one.label, "summary": one.summary} for one in found.values()]):
            return
        for runbook in found.values():
            summary = textwrap.shorten(runbook.summary.replace("`", ""), WIDTH - NAME - 1, placeholder=" ...")
            typer.echo(f"{runbook.label:<{NAME}} {summary}")
        typer.echo("\nOne of them: breakeven explain-alarm NAME")
        return
    runbook = runbooks.find(name, found, _prefix(stack, live.folder(project)))
    text = _of_stack(runbook.text, stack) if stack else runbook.text
    link = runbooks.link(runbook.label)
    if console.answer({"alarm": runbook.label, "link": link, "summary": runbook.summary, "text": text}):
        return
    typer.echo(f"Alarm {runbook.label}    {link}\n")
    typer.echo("\n".join(_folded(text)))


def _of_stack(text: str, stack: str) -> str:
    """Commands with this stack's names in the place of those that the page shows."""
    return re.sub(rf"(--stack |\bbreakeven-|/breakeven/){SHOWN}\b", rf"\g<1>{stack}", text)


def _prefix(stack: str, folder: Path) -> str:
    """What a stack puts before an alarm's label; raises RecordError for a stack that has no file."""
    from infra.naming import Names
    from infra.record import read_config

    if not stack:
        return ""
    config = read_config(stack, folder)
    return f"{Names(project=config.project, stack=stack, extra_tags={}).physical()}-"


def _folded(text: str) -> Iterator[str]:
    """Prose at 80 columns; commands as they are, indented, to be pasted."""
    for block in re.split(r"\n(?=- )|\n\n", text):
        if block.startswith("```"):
            yield ""
            yield from (f"    {line}" for line in block.splitlines()[1:-1])
            yield ""
        else:
            indent = "  " if block.startswith("- ") else ""
            prose = re.sub(r"\*\*|`", "", " ".join(block.split()))
            yield from textwrap.wrap(prose, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
