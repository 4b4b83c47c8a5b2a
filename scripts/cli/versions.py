"""`breakeven versions`: a model's versions, how good they are, and which stacks serve them."""

from enum import StrEnum
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.cli import console, live, version_stacks

if TYPE_CHECKING:
    from scripts.cli.version_stacks import Use
    from serving.versions import Version


class Form(StrEnum):
    """How the table is written."""

    TEXT = "text"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("--format", help="How the table is written.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(versions)


def versions(model: version_stacks.Model, form: FormOption = Form.TEXT, project: live.Project = None) -> None:
    """Show MODEL's versions, their scores and archives, and the stacks that serve them."""
    from serving import versions as work
    from serving.model import find

    home = find(model).home
    rows, found = work.versions(home), version_stacks.uses(model, live.folder(project))
    if form is Form.JSON:
        console.answer(_document(home, rows, found))
        return
    _show_rows(home, rows)
    _show_notes(rows)
    _show_stacks(model, found)


def _document(home: Path, rows: "tuple[Version, ...]", found: "tuple[Use, ...]") -> dict[str, Any]:
    from dataclasses import asdict

    from serving.versions import macro_f1

    return {
        "model": home.name,
        "versions": [
            {
                "version": row.number,
                "made": row.made.isoformat() if row.made else None,
                "from": row.parent or None,
                "current": row.current,
                "macro_f1": asdict(score) if (score := macro_f1(row)) else None,
                "archive": _archive(home, row),
                "sha256": row.sha256 or None,
                "note": row.note,
            }
            for row in rows
        ],
        "stacks": [
            {
                "stack": use.stack,
                "main": {"archive": use.main, "version": use.main_version or None} if use.main else None,
                "canary": {"archive": use.canary, "version": use.canary_version or None, "weight_percent": use.weight}
                if use.canary
                else None,
            }
            for use in found
        ],
    }


def _archive(home: Path, row: "Version") -> str:
    """Whether the store has a version's archive: yes, no, or another than the one that was recorded."""
    from serving import rollout
    from serving.digest import sha256_of

    own, served = rollout.kept(home.name, row.number), rollout.served(home.name)
    path = own if own.is_file() else served
    if rollout.version_in(path, home.name) != row.number:
        return "other" if own.is_file() else "no"
    return "other" if row.sha256 not in ("", sha256_of(path)) else "yes"


def _show_rows(home: Path, rows: "tuple[Version, ...]") -> None:
    from serving.versions import macro_f1

    wide = max(8, *(len(row.number) + 1 for row in rows))
    typer.echo(f"  {'version':<{wide}} {'made (UTC)':<17} {'from':<{wide}} {'macro F1':<22} archive")
    for row in rows:
        score = macro_f1(row)
        figure = f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})" if score else "-"
        made = f"{row.made:%Y-%m-%d %H:%M}" if row.made else "-"
        mark = "*" if row.current else " "
        line = f"{mark} {row.number:<{wide}} {made:<17} {row.parent or '-':<{wide}} {figure:<22} {_archive(home, row)}"
        typer.echo(line)
    typer.echo("* current")


def _show_notes(rows: "tuple[Version, ...]") -> None:
    noted = [row for row in rows if row.note]
    if noted:
        typer.echo("")
    for row in noted:
        _show_wrapped(f"{row.number}: {row.note}")


def _show_stacks(model: str, found: "tuple[Use, ...]") -> None:
    typer.echo("")
    if not found:
        typer.echo(f"No stack serves {model}.")
    for use in found:
        main = f"version {use.main_version or '?'} ({use.main})" if use.main else "no archive"
        canary = f", canary {use.canary_version or '?'} with {use.weight} % ({use.canary})" if use.canary else ""
        _show_wrapped(f"stack {use.stack}: {main}{canary}")


def _show_wrapped(text: str) -> None:
    """In 80 columns, paths whole."""
    typer.echo("\n".join(wrap(text, 80, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)))
