"""`breakeven new-model`: a model folder to start from."""

from enum import StrEnum
from typing import Annotated

import typer

from scripts.cli import console


class Task(StrEnum):
    """What a model does."""

    IMAGE_CLASSIFICATION = "image-classification"
    TEXT_EMBEDDING = "text-embedding"
    SENTIMENT = "sentiment"
    TEXT_GENERATION = "text-generation"


Name = Annotated[str, typer.Argument(help="Its name: lower case letters, digits and _.")]
TaskOption = Annotated[Task, typer.Option("--task", help="What it does; decides the handler.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("new-model")(new_model)


def new_model(name: Name, task: TaskOption) -> None:
    """Make serving/models/NAME from the shipped model of the same task; it builds and serves at once."""
    from serving.scaffold import scaffold

    folder = scaffold(name, task.value)
    console.answer({"folder": str(folder), "task": task.value})
    typer.echo(f"{folder}")
    typer.echo("Now put your weights into model.toml and network.py, then: breakeven archive " + name)
