"""Questions on a terminal: one for each value that was not given, with what is allowed and its default."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from textwrap import wrap
from typing import Any

import typer

from infra.costs.decide import Situation, about, parsed
from infra.costs.errors import InputError
from infra.costs.reports.text import COLUMNS


def asked(known: Situation, given: set[str]) -> Situation:
    """The situation with answers in place of its values; Enter keeps one. Asked on standard error."""
    values = {}
    for key, rule in about().items():
        if rule["asked"] and key not in given:
            default = getattr(known, key)
            shown = f"{default:f}" if hasattr(default, "as_tuple") else str(default)
            values[key] = answered(key, rule["about"], rule["one_of"], shown, partial(parsed, key, key))
    return replace(known, **values)


def answered(
    key: str, meaning: str, one_of: Sequence[str], shown: str, read: Callable[[str], Any], unasked: str = "--no-ask"
) -> Any:
    """The answer to one question, as `read` makes it of a text; asked again until it can. Enter means `shown`.

    Raises InputError where the input ends; `unasked` is the option that avoids the questions.
    """
    allowed = f" ({', '.join(one_of)})" if one_of and not all(name in meaning for name in one_of) else ""
    # The default stands behind the last line: " [0.10]: ".
    width = COLUMNS - len(shown) - 5
    question = wrap(f"{key}: {meaning}{allowed}", width, subsequent_indent="  ", break_on_hyphens=False)
    while True:
        # Not typer.prompt: it writes a space to standard output, where the answer goes.
        typer.echo("\n".join(question) + f" [{shown}]: ", nl=False, err=True)
        text = sys.stdin.readline()
        if not text:
            typer.echo(err=True)
            raise InputError(key, "no answer", f"press Enter to keep the default, or give {unasked}")
        try:
            return read(text.strip() or shown)
        except InputError as error:
            typer.echo(f"  {error}", err=True)
