"""What goes where: a result to standard output, everything else to standard error; quiet and JSON on demand."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

import typer

from scripts.cli.exit_codes import ExitCode

CLEAR: Final = "\r\x1b[K"
"""What takes a line of progress off a terminal."""
Document = Mapping[str, Any] | Sequence[Any] | str


@dataclass
class _State:
    """Of this run of the program."""

    quiet: bool = False
    as_json: bool = False
    kept: list[Document] = field(default_factory=list)
    out: TextIO | None = None


_state = _State()


def be_quiet() -> None:
    """Results and errors only, from here on."""
    _state.quiet = True


def is_quiet() -> bool:
    """Whether only results and errors are to be shown."""
    return _state.quiet


def is_json() -> bool:
    """Whether the result is asked for as JSON."""
    return _state.as_json


def note(line: str) -> None:
    """Progress, or a remark, on standard error; nothing with `--quiet`."""
    if not _state.quiet:
        print(f"{CLEAR if sys.stderr.isatty() else ''}{line}", file=sys.stderr, flush=True)


def answer(document: Document, *, now: bool = False) -> bool:
    """Keep the result as JSON (text: JSON already); whether JSON is asked for, so that a table need not be written.

    What is kept last is written when the verb ends; with `now` it is written at once, by a verb that goes on.
    """
    if _state.as_json:
        _state.kept[:] = [document]
        if now:
            _write()
    return _state.as_json


def report(text: str) -> None:
    """A report in the form that was asked for: with `--json` the text is that JSON."""
    if not answer(text):
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()


@contextmanager
def results(*, as_json: bool) -> Iterator[None]:
    """With JSON, standard output holds the document of `answer` alone; what else is printed goes to standard error."""
    if not as_json or _state.as_json:
        yield
        return
    _state.as_json, _state.out = True, sys.stdout
    try:
        with _elsewhere():
            yield
    except typer.Exit:
        _write()
        raise
    else:
        _write()
    finally:
        _state.as_json = False
        _state.kept.clear()


@contextmanager
def unbroken() -> Iterator[None]:
    """End quietly when the reader (head, a pager) has seen enough, and with 130 when a question meets Ctrl-C."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.BROKEN_PIPE) from None
    except typer.Abort as aborted:
        typer.echo(err=True)
        interrupted = isinstance(aborted.__context__, KeyboardInterrupt)
        raise typer.Exit(ExitCode.INTERRUPTED if interrupted else ExitCode.DECLINED) from None


@contextmanager
def _elsewhere() -> Iterator[None]:
    quiet = open(os.devnull, "w", encoding="utf-8") if _state.quiet else nullcontext(sys.stderr)  # noqa: PTH123, SIM115
    with quiet as target, redirect_stdout(target):
        yield


def _dumped(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)


def _write() -> None:
    out = _state.out or sys.stdout
    for document in _state.kept:
        text = document if isinstance(document, str) else _dumped(document)
        out.write(text if text.endswith("\n") else f"{text}\n")
    out.flush()
    _state.kept.clear()
