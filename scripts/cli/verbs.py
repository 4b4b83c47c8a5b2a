"""The verbs, each a module of this package that is loaded when it is asked for."""

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Final

import typer

from scripts.cli import exit_codes
from scripts.cli.verb import App, Root

COMPLETE: Final = "_BREAKEVEN_COMPLETE"
MODULES: Final = (
    "init",
    "preview",
    "estimate",
    "explain",
    "decide",
    "tco",
    "report",
    "compare",
    "cheapest",
    "simulate",
    "plan",
    "prices",
    "reconcile",
    "check",
    "access",
    "privacy",
    "diff",
    "comment",
    "up",
    "outputs",
    "refresh",
    "destroy",
    "sweep",
    "explain_alarm",
    "backup",
    "restore",
    "timeline",
    "doctor",
    "archive",
    "bundle",
    "serve",
    "predict",
    "sentiment",
    "load",
    "measure",
    "new_model",
    "finetune",
    "versions",
    "rollout",
    "rollback",
    "config",
)


def names() -> tuple[str, ...]:
    """Every verb, in the order of the help."""
    return tuple(module.replace("_", "-") for module in MODULES)


def app_of(wanted: Iterable[str] | None = None) -> typer.Typer:
    """The app with these verbs, or with all: to load one alone takes half the time."""
    app = App(
        name="breakeven",
        help="Host an open-source model yourself, or pay for a managed API? Numbers before anything is deployed.",
        epilog=exit_codes.in_words(),
        cls=Root,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in names() if wanted is None else wanted:
        import_module(f"scripts.cli.{name.replace('-', '_')}").add_to(app)
    return app


def asked(arguments: Sequence[str]) -> typer.Typer:
    """The app as far as a command line needs it: the verb it begins with, or all of them."""
    words, shell = _completed() if COMPLETE in os.environ else (arguments, "")
    # What stands before the verb are flags: none of them takes a value.
    verb = next((word for word in words if not word.startswith("-")), "")
    if verb in names():
        return app_of([verb])
    return _bare() if shell == "bash" else app_of()


def _completed() -> tuple[Sequence[str], str]:
    """Whole words before the one that a shell completes, and the shell; of Typer's own completion scripts."""
    shell = os.environ[COMPLETE].partition("_")[2]
    if shell == "bash":
        return os.environ.get("COMP_WORDS", "").split()[1 : int(os.environ.get("COMP_CWORD") or 0)], shell
    line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = line.split()[1:]
    return words if line.endswith(" ") else words[:-1], shell


def _bare() -> typer.Typer:
    """The names of the verbs alone: all that bash shows of them."""
    app = app_of(())
    for name in names():
        app.command(name)(_root)
    return app


def _root() -> None:
    """Host an open-source model yourself, or pay for a managed API? Numbers before anything is deployed."""
