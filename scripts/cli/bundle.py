"""`breakeven bundle`: all that turns a fresh instance into a node, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli import console

Python = Annotated[str, typer.Option("--python", help="Python of the instances.")]
Device = Annotated[str, typer.Option("--device", help="cpu or cuda.")]
Backend = Annotated[str, typer.Option("--backend", help="torchserve or batcher.")]
Architecture = Annotated[str, typer.Option("--architecture", help="x86_64 or aarch64.")]
For = Annotated[str, typer.Option("--for", help="serving (a node) or training (one that fine-tunes).")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Where it is written (default: node.tar.gz or training.tar.gz in model_store)."),
]
WithWheels = Annotated[bool, typer.Option("--wheels/--no-wheels", help="Leave the packages out: small, for tests.")]
ForDocuments = Annotated[bool, typer.Option("--documents", help="For a stack that takes documents in (intake).")]
More = Annotated[list[str] | None, typer.Option("--package", help="One more package that the model's handler needs.")]

SERVING, TRAINING = "serving", "training"


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(bundle)


def bundle(
    purpose: For = SERVING,
    python: Python = "3.11",
    device: Device = "cpu",
    backend: Backend = "torchserve",
    architecture: Architecture = "x86_64",
    documents: ForDocuments = False,
    package: More = None,
    wheels: WithWheels = True,
    out: Out = None,
) -> None:
    """Build the node bundle with its packages, pinned by hash; the same input gives the same bytes."""
    from serving import bundle as work
    from serving.bundle_wheels import Wheels
    from serving.errors import InputError

    if purpose not in (SERVING, TRAINING):
        raise InputError(f"--for {purpose}", "no such purpose", f"use {SERVING} or {TRAINING}")
    training = purpose == TRAINING

    packages = Wheels(more=tuple(package or ()), architecture=architecture) if wheels else None
    contents = work.Contents(
        python=python, device=device, backend=backend, documents=documents, training=training, wheels=packages
    )
    built = work.build(contents, out or (work.TRAINING_TARGET if training else work.TARGET), console.note)
    console.answer({"path": str(built.path), "size_bytes": built.size_bytes, "sha256": built.sha256})
    typer.echo(f"{built.path}  {built.size_bytes / 1e6:.1f} MB")
    typer.echo(f"SHA-256  {built.sha256}")
