"""`breakeven serve`: a node on this machine, started the way an instance starts it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import completion, console

if TYPE_CHECKING:
    from serving.node.boot import Booted
    from serving.node.settings import NodeSettings

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL|ARCHIVE",
        help="A folder of serving/models, or an archive (.mar).",
        autocompletion=completion.models,
    ),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65530, help="Where it listens, on 127.0.0.1 only.")]
Backend = Annotated[str, typer.Option("--backend", help="torchserve or batcher.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Worker processes (default: one per core).")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(serve)


def serve(model: Model, port: Port = 8080, backend: Backend = "torchserve", workers: Workers = None) -> None:
    """Serve MODEL here until Ctrl-C, which waits for what is in flight; builds the archive first if there is none."""
    from serving import backends
    from serving.node.__main__ import run
    from serving.node.logs import journal

    settings = _settings(model, port, backend, workers)
    journal()
    run(settings, backends.make, lambda booted: _tell_ready(settings, booted))


def _settings(model: str, port: int, backend: str, workers: int | None) -> "NodeSettings":
    """A node without a group: no hooks, no registry, no metrics."""
    from serving.archive import STORE
    from serving.digest import noted, sha256_of
    from serving.node.settings import NodeSettings
    from serving.packed import about

    path = Path(model) if model.endswith(".mar") or Path(model).is_file() else _archive(model)
    return NodeSettings(
        model=str(about(path)["name"]),
        archive=str(path.resolve()),
        # One's own file without a note of its digest is taken as it is.
        archive_sha256="" if noted(path) is not None else sha256_of(path),
        backend=backend,
        host="127.0.0.1",
        port=port,
        workers=workers,
        state=STORE / "serve" / str(port),
    )


def _archive(name: str) -> Path:
    from serving import archive
    from serving.model import find

    return archive.ready(find(name), console.note)


def _tell_ready(settings: "NodeSettings", booted: "Booted") -> None:
    address = f"http://127.0.0.1:{settings.port}"
    document = {"url": address, "model": settings.model, "backend": settings.backend, "seconds": booted.seconds}
    if not console.answer(document, now=True):
        typer.echo(_ready(settings, booted))


def _ready(settings: "NodeSettings", booted: "Booted") -> str:
    from serving.node.server import Sample

    sample = Sample.of(Path(settings.archive), settings.model)
    data = f"serving/models/{settings.model}/{sample.name}"
    file = data if Path(data).is_file() else "FILE"
    call = f"curl -H 'Content-Type: {sample.content_type}' --data-binary @{file}"
    memory = booted.server.backend.memory()
    size = f"{memory.worker_mb} MB a worker, {memory.all_mb} MB in all"
    return f"ready in {booted.seconds:.1f} s, {size}: {call} http://127.0.0.1:{settings.port}{sample.path}"
