"""`breakeven archive`: builds a model's archive."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli import completion, console, progress

Model = Annotated[str, typer.Argument(help="A folder of serving/models.", autocompletion=completion.models)]
Out = Annotated[Path | None, typer.Option("--out", help="The archive's path (default: model_store/MODEL.mar).")]
Compile = Annotated[
    bool, typer.Option("--compile/--no-compile", help="Also the forms compiled for this machine's instruction set.")
]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(archive)


def archive(model: Model, out: Out = None, compiled: Compile = True) -> None:
    """Build MODEL's archive with its weights, handlers and checksum; the same input gives the same bytes."""
    from serving import archive as work
    from serving.model import find

    with progress.waiting(f"Building the archive of {model}"):
        built = work.build(find(model), out, compiled=compiled)
    console.answer({"path": str(built.path), "size_bytes": built.size_bytes, "sha256": built.sha256})
    typer.echo(f"{built.path}  {built.size_bytes / 1e6:.1f} MB")
    typer.echo(f"SHA-256  {built.sha256}")
