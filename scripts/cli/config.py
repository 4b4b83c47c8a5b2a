"""`breakeven config`: which values hold that the command line does not give, and from where."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from scripts.cli import console, defaults


@dataclass(frozen=True, kw_only=True)
class Setting:
    """An option of a verb, its value, and where it comes from: a variable, a table of the file, or the verb itself."""

    verb: str
    option: str
    value: Any
    source: str


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(config)


def config(
    verb: Annotated[str, typer.Argument(help="All options of this verb; without it, all that are set.")] = "",
) -> None:
    """Show which options the environment and breakeven.toml set, and which of them holds."""
    found = defaults.file()
    rows = [row for row in _settings(verb) if verb or row.source != "default"]
    unknown = _unknown()
    document = {
        "file": str(found) if found else None,
        "looked_for": [str(path) for path in defaults.places()],
        "settings": [asdict(row) for row in rows],
        "unknown_variables": unknown,
    }
    if console.answer(document):
        return
    typer.echo(
        f"file: {found}" if found else f"no {defaults.FILE} in {', '.join(str(p.parent) for p in defaults.places())}"
    )
    for row in rows:
        shown = f"breakeven {row.verb} --{row.option.replace('_', '-')} = {_shown(row.value)}"
        typer.echo(f"{shown:<56} {row.source}")
    if not rows:
        typer.echo("Nothing is set: every option has the default that its verb's --help shows.")
    for name in unknown:
        console.note(f"breakeven: {name}: no such variable; see docs/cli.md")


def _settings(wanted: str) -> Iterator[Setting]:
    """Every option of every verb, or of one; raises InputError for a verb that there is not."""
    from infra.costs.errors import InputError
    from infra.costs.names import nearest

    commands = dict(_commands())
    chosen = {name: row for name, row in commands.items() if not wanted or name == wanted}
    if not chosen:
        raise InputError(f"verb {wanted!r}", f"no such verb{nearest(wanted, commands)}", "see breakeven --help")
    for name, command in chosen.items():
        yield from _of_verb(name, command)


def _commands() -> "Iterator[tuple[str, Any]]":
    """Every verb by its whole name."""
    from typer.main import get_command

    from scripts.cli import verbs

    waiting = list(getattr(get_command(verbs.app_of()), "commands", {}).items())
    for name, command in waiting:
        yield name, command
        waiting += [(f"{name} {below}", one) for below, one in getattr(command, "commands", {}).items()]


def _of_verb(name: str, command: Any) -> Iterator[Setting]:
    context = command.make_context(name, [], resilient_parsing=True)
    path = tuple(name.split())
    defaults.bind(command.params, path)
    context.default_map = defaults.of(command.params, path)
    for option, param in defaults.settable(command.params).items():
        value, source = param.consume_value(context, {})
        yield Setting(verb=name, option=option, value=_plain(value), source=_source(source.name, param, path))


def _source(kind: str, param: Any, path: tuple[str, ...]) -> str:
    if kind == "ENVIRONMENT":
        return defaults.variable_of(param)
    found = defaults.file() if kind == "DEFAULT_MAP" else None
    return f"{found.name} [{defaults.section_of(found, param, path)}]" if found else "default"


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(getattr(value, "value", value))


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _unknown() -> list[str]:
    """Variables that look like an option's and are none's."""
    import os

    known = {defaults.CONFIG}
    for name, command in _commands():
        defaults.bind(command.params, name.split())
        for param in defaults.settable(command.params).values():
            known |= set(param.envvar)
    return sorted(name for name in os.environ if name.startswith(defaults.PREFIX) and name not in known)
