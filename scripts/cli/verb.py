"""What all verbs have in common: `--json`, `--quiet`, `--verbose`, defaults from elsewhere, examples in the help."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from scripts.cli import console, examples

if TYPE_CHECKING:
    # The class stands before Typer's own command or group, and is neither.
    from typer.core import TyperCommand as _Base
else:
    _Base = object
FORM = "form"
JSON = "breakeven.json"
# Always there: the install is editable.
PROJECT_FILE = Path(__file__).resolve().parents[2] / "pyproject.toml"


class App(typer.Typer):
    """A Typer app whose commands are verbs."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """As Typer's."""
        settings.setdefault("cls", Verb)
        return super().command(name, **settings)


class _AsJson(TyperOption):
    """`--json` of a verb that has `--format`: the same option with its value said."""

    def add_to_parser(self, parser: Any, ctx: Any) -> None:
        parser.add_option(obj=self, opts=self.opts, dest=FORM, action="store_const", const="json")


class _Habits(_Base):
    """A command whose result may be JSON, and whose options may come from the environment or a file."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params = [*self.params, *_shared(self.params)]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return super().make_context(info_name, args, parent, **_with_defaults(self, info_name, parent, extra))

    def invoke(self, ctx: Any) -> Any:
        with console.unbroken(), console.results(as_json=_wants_json(ctx)):
            return super().invoke(ctx)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        super().format_epilog(ctx, formatter)
        _write_examples(ctx, formatter)


class Verb(_Habits, TyperCommand):
    """A verb."""


class VerbGroup(_Habits, TyperGroup):
    """A verb that has verbs below it."""


class Root(TyperGroup):
    """The app itself: how much is said, before any verb."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params = [*self.params, *_loudness(), _version()]


def _shared(own: list[Any]) -> list[TyperOption]:
    """The options that a verb gets beside its own."""
    taken = {name for param in own for name in param.opts}
    added = [] if "--json" in taken else [_json_option(any(param.name == FORM for param in own))]
    return [option for option in (*added, *_loudness()) if not taken & set(option.opts)]


def _json_option(has_form: bool) -> TyperOption:
    if has_form:
        return _AsJson(param_decls=["--json"], is_flag=True, expose_value=False, help="Short for --format json.")
    return TyperOption(
        param_decls=["--json"],
        is_flag=True,
        expose_value=False,
        callback=_keep_json,
        help="The result as JSON on standard output; all else goes to standard error.",
    )


def _loudness() -> list[TyperOption]:
    return [
        _loudness_option("quiet", _be_quiet, "Results and errors only."),
        _loudness_option("verbose", _be_verbose, "Also what is read, run and asked of AWS, and how long it takes."),
    ]


def _loudness_option(name: str, callback: Callable[[Any, Any, Any], None], about: str) -> TyperOption:
    return TyperOption(
        param_decls=[f"--{name}", f"-{name[0]}"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        envvar=f"BREAKEVEN_{name.upper()}",
        show_envvar=False,
        callback=callback,
        help=about,
    )


def _version() -> TyperOption:
    return TyperOption(
        param_decls=["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_say_version,
        help="Show the version and exit.",
    )


def _say_version(ctx: Any, _param: Any, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        import tomllib

        project = tomllib.loads(PROJECT_FILE.read_text(encoding="utf-8"))
        typer.echo(f"breakeven {project['project']['version']}")
        raise typer.Exit


def _keep_json(ctx: Any, _param: Any, value: Any) -> None:
    ctx.meta[JSON] = bool(value)


def _be_quiet(ctx: Any, _param: Any, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        console.be_quiet()


def _be_verbose(ctx: Any, _param: Any, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        from scripts.cli import verbosity

        verbosity.be_verbose()


def _wants_json(ctx: Any) -> bool:
    form = ctx.params.get(FORM)
    return bool(ctx.meta.get(JSON)) or getattr(form, "value", form) == "json"


def _with_defaults(command: Any, info_name: str | None, parent: Any, extra: dict[str, Any]) -> dict[str, Any]:
    """What a context is made with: values of breakeven.toml, beside the variables that options now look at."""
    from scripts.cli import defaults

    path = path_of(parent, info_name)
    defaults.bind(command.params, path)
    if "default_map" in extra or extra.get("resilient_parsing") or parent is None or parent.resilient_parsing:
        return extra
    return {**extra, "default_map": defaults.of(command.params, path)}


def path_of(parent: Any, info_name: str | None) -> tuple[str, ...]:
    """A verb with those above it: `("prices", "refresh")`."""
    above = () if parent is None else tuple(parent.command_path.split()[1:])
    return (*above, info_name or "")


def _write_examples(ctx: Any, formatter: Any) -> None:
    found = examples.EXAMPLES.get(" ".join(ctx.command_path.split()[1:]), ())
    if found:
        with formatter.section("Examples"):
            for line in found:
                formatter.write(f"{'':>{formatter.current_indent}}breakeven {line}\n")
