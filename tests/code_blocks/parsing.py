"""A command's line as the real command line takes it, without running it."""

from functools import cache
from typing import Any

import typer
from typer.main import get_command

from scripts.cli import verbs
from tests.code_blocks.commands import Command


@cache
def root() -> Any:
    """The command line with all verbs."""
    return get_command(verbs.app_of())


def look(command: Command) -> None:
    """Fails where a verb, an option or an argument is none, or one is missing."""
    words, found, context = list(command.arguments), root(), typer.Context(root())
    while hasattr(found, "commands") and words and words[0] in found.commands:
        found = found.commands[words.pop(0)]
        context = typer.Context(found, parent=context, info_name=found.name)
    assert found is not root(), f"{command.where}: no such verb"
    try:
        values, rest, _ = found.make_parser(context).parse_args(words)
    except Exception as error:  # the class is one of Typer's own copy of click
        raise AssertionError(f"{command.where}: {getattr(error, 'message', error)}") from error
    if values.get("help"):
        return
    for param in found.params:
        given = values.get(param.name)
        lacks = given in (None, ()) or repr(given) == "Sentinel.UNSET"
        assert not (param.required and lacks), f"{command.where}: without {param.name}"
    assert not rest, f"{command.where}: {rest}"
