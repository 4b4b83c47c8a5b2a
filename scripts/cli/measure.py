"""`breakeven measure`: finds what this machine sustains with a model, and keeps it where the estimator looks."""

from dataclasses import asdict
from typing import Annotated

import typer

from scripts.cli import completion, console

Model = Annotated[str, typer.Argument(help="A folder of serving/models.", autocompletion=completion.models)]
Goal = Annotated[float, typer.Option("--goal-ms", min=1, help="The p99 latency to hold, milliseconds.")]
Kind = Annotated[str, typer.Option("--instance-type", help="What to call this machine in capacity.toml (t3.medium).")]
Backend = Annotated[str, typer.Option("--backend", help="torchserve or batcher.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65530, help="Where the server listens meanwhile.")]
Device = Annotated[str, typer.Option("--device", help="cpu or cuda.")]
Write = Annotated[bool, typer.Option("--write/--no-write", help="Put the figure into the model's capacity.toml.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(measure)


def measure(
    model: Model,
    instance_type: Kind = "",
    goal_ms: Goal = 250.0,
    backend: Backend = "torchserve",
    port: Port = 8480,
    device: Device = "cpu",
    write: Write = True,
) -> None:
    """Measure the highest rate at which MODEL answers 99 of 100 requests within the goal, here."""
    from serving import archive
    from serving import measure as work
    from serving.errors import InputError
    from serving.model import find

    found = find(model)
    if write and not instance_type:
        reason = "not given, and a figure without its machine is worth nothing"
        raise InputError("--instance-type", reason, "name it, or add --no-write")
    path = archive.ready(found, console.note)
    result = work.measure(path, backend=backend, goal_ms=goal_ms, port=port, device=device, say=console.note)
    console.answer({"model": found.name, "unit": found.unit, "written": write, **asdict(result)})
    typer.echo(f"{result.rate_per_second:.1f} {found.unit}/s, p50 {result.p50_ms:.1f} ms, p99 {result.p99_ms:.1f} ms")
    typer.echo(f"on {result.hardware}; {result.workers} workers x {result.threads} threads; {result.versions}")
    typer.echo(f"{result.memory_per_worker_mb} MB a worker, {result.memory_mb} MB in all")
    if write:
        table = found.home / "capacity.toml"
        work.write(table, found.name, found.unit, instance_type, result)
        typer.echo(f"{table}: {instance_type}, measured")
