"""Questions on a terminal: one for each value that was not given, with what is allowed and its default."""

from dataclasses import replace
from typing import Any

import typer

from infra.costs.decide import Situation, about, parsed
from infra.costs.errors import InputError


def asked(known: Situation, given: set[str]) -> Situation:
    """The situation with answers in place of its values; Enter keeps one. Asked on standard error."""
    values = {}
    for key, rule in about().items():
        if rule["asked"] and key not in given:
            values[key] = _answered(key, rule["about"], rule["one_of"], getattr(known, key))
    return replace(known, **values)


def _answered(key: str, meaning: str, one_of: tuple[str, ...], default: Any) -> Any:
    shown = f"{default:f}" if hasattr(default, "as_tuple") else str(default)
    allowed = f" ({', '.join(one_of)})" if one_of and not all(name in meaning for name in one_of) else ""
    while True:
        text = typer.prompt(f"{key}: {meaning}{allowed}", default=shown, err=True)
        try:
            return parsed(key, key, text)
        except InputError as error:
            typer.echo(f"  {error}", err=True)
