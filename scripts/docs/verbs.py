"""Every verb with its usage, arguments, options and examples, as the command line itself declares them."""

from collections.abc import Iterator
from typing import Any, Final

import typer
from typer.main import get_command

from scripts.cli import defaults, exit_codes, verbs
from scripts.cli.examples import EXAMPLES
from scripts.docs.tables import code, head, joined, table

ABOUT: Final = """\
What all verbs have in common, files of defaults and completion: [the command line](../cli.md). Every verb also takes
`--json`, `--quiet`, `--verbose` and `--help`. A variable stands for an option that is not given; where there are two,
the first goes before the second."""
EVERYWHERE: Final = {"json", "quiet", "verbose", "help"}


def page() -> str:
    """The text of docs/reference/verbs.md."""
    lines = head("Verbs", ABOUT)
    lines += ["## Exit codes", "", exit_codes.as_markdown(), ""]
    for name, command in commands():
        lines += _verb(name, command)
    return joined(lines)


def commands() -> Iterator[tuple[str, Any]]:
    """Every verb by its whole name, in the order of the help; those below a verb follow it."""
    root: Any = get_command(verbs.app_of())
    for name, command in root.commands.items():
        yield name, command
        for below, one in getattr(command, "commands", {}).items():
            yield f"{name} {below}", one


def _verb(name: str, command: Any) -> list[str]:
    path = tuple(name.split())
    defaults.bind(command.params, path)
    context = typer.Context(command, info_name=f"breakeven {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f"## {name}", "", " ".join((command.help or "").split()), "", code(f"breakeven {name} {usage}"), ""]
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    if arguments:
        lines += table(("argument", "meaning"), ((code(one.make_metavar(context)), help_of(one)) for one in arguments))
    options = list(own_options(command))
    if options:
        rows = (_option(one, context) for one in options)
        lines += table(("option", "value", "default", "variables", "meaning"), rows)
    examples = EXAMPLES.get(name, ())
    return [*lines, *(f"- `breakeven {one}`" for one in examples), *([""] if examples else [])]


def own_options(command: Any) -> Iterator[Any]:
    """A verb's options without those that every verb has."""
    for param in command.params:
        name = defaults.option_of(param)
        if name and name not in EVERYWHERE and not param.hidden:
            yield param


def help_of(param: Any) -> str:
    """What an option or an argument means; empty where nothing says it."""
    return str(getattr(param, "help", None) or "")


def _option(param: Any, context: Any) -> tuple[str, ...]:
    names = ", ".join(map(code, [*param.opts, *param.secondary_opts]))
    value = "" if param.is_flag else code(param.make_metavar(context)) + (", again for more" if param.multiple else "")
    variables = ", ".join(map(code, param.envvar or ()))
    return names, value, _default(param), variables, help_of(param)


def _default(param: Any) -> str:
    found = getattr(param.default, "value", param.default)
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list | tuple):
        return ", ".join(code(str(one)) for one in found)
    return "" if found is None or callable(found) or repr(found) == "Sentinel.UNSET" else code(str(found))
