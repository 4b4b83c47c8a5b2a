"""Which stacks serve which version of a model, and what is to be done next: read from the stacks' files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from scripts.cli import completion

Model = Annotated[str, typer.Argument(help="A folder of serving/models.", autocompletion=completion.models)]
Compile = Annotated[
    bool, typer.Option("--compile/--no-compile", help="Also the forms compiled for this machine's instruction set.")
]


@dataclass(frozen=True, kw_only=True)
class Use:
    """A stack's archives of a model as its file names them, and the versions in them; empty where it names none.

    A version is also empty where the file is not there, or holds something else.
    """

    stack: str
    file: Path
    project: str
    main: str
    main_version: str
    canary: str
    canary_version: str
    weight: str


def uses(model: str, folder: Path) -> tuple[Use, ...]:
    """The stacks of a project that serve a model; raises InputError for a file that cannot be read."""
    from infra.record import read_config, stacks
    from serving.rollout import version_in

    found = []
    for stack in stacks(folder):
        config = read_config(stack, folder)
        said = {key.removeprefix(f"{config.project}:"): value for key, value in config.values.items()}
        if said.get("model") != model:
            continue
        main, canary = str(said.get("modelArchive") or ""), str(said.get("canaryArchive") or "")
        use = Use(
            stack=stack,
            file=folder / f"Pulumi.{stack}.yaml",
            project=config.project,
            main=main,
            main_version=version_in(path_of(main), model) if main else "",
            canary=canary,
            canary_version=version_in(path_of(canary), model) if canary else "",
            weight=str(said.get("canaryWeightPercent", 0)),
        )
        found.append(use)
    return tuple(found)


def path_of(written: str) -> Path:
    """The file that a stack's setting names, as the program finds it: from the project's root."""
    from scripts.cli.session import ROOT

    return ROOT / written


def written(path: Path) -> str:
    """A file as a stack's setting names it."""
    from scripts.cli.session import ROOT

    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def next_steps(model: str, served: Path, found: tuple[Use, ...]) -> Iterator[str]:
    """What the next `up` of each stack does with the served archive, line by line."""
    following = [use for use in found if use.main and path_of(use.main) == served]
    for use in following:
        yield f"Stack {use.stack} serves this archive: its next up replaces the instances by a rolling refresh."
    for use in found:
        if use not in following:
            has = f"names {use.main}" if use.main else "names no archive"
            yield f"Stack {use.stack} {has} and stays as it is; modelArchive: {written(served)} would follow."
        if use.canary:
            share = f"{use.weight} % of the requests"
            yield f"Stack {use.stack} also has version {use.canary_version or '?'} as its canary, with {share}."
    if not found:
        yield f"No stack serves {model} yet: model: {model} and modelArchive: {written(served)} would."
    for use in following:
        yield f"Next: breakeven up --stack {use.stack}"


def show_archive(path: Path) -> None:
    """Path, size and digest of an archive."""
    from serving.digest import sha256_of

    typer.echo(f"archive  {written(path)}  {path.stat().st_size / 1e6:.1f} MB")
    typer.echo(f"SHA-256  {sha256_of(path)}")
