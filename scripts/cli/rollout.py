"""`breakeven rollout`: a version becomes current, or the canary of one stack."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli import console, live, version_stacks
from scripts.cli.version_stacks import Use

Number = Annotated[str, typer.Argument(metavar="[VERSION]", help="One of its versions (default: the newest).")]
Stack = Annotated[str, typer.Option("--stack", "-s", help="Whose canary it is: which Pulumi.<stack>.yaml.")]
Canary = Annotated[
    int | None,
    typer.Option("--canary", metavar="PERCENT", help="Only as the stack's canary, with this share of its requests."),
]
Promote = Annotated[bool, typer.Option("--promote", help="Make the stack's canary current.")]
GiveUp = Annotated[bool, typer.Option("--give-up", help="Take the stack's canary out.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(rollout)


def rollout(
    model: version_stacks.Model,
    version: Number = "",
    canary: Canary = None,
    promote: Promote = False,
    give_up: GiveUp = False,
    stack: Stack = "",
    project: live.Project = None,
    compiled: version_stacks.Compile = True,
) -> None:
    """Build the archive of MODEL's VERSION and make it current: the next up of its stacks rolls it out."""
    from serving.model import find

    home, folder = find(model).home, live.folder(project)
    _check(version, stack, canary is not None, promote, give_up)
    found = version_stacks.uses(model, folder)
    if canary is not None:
        _start(home, version, canary, _stack(stack, model, folder, found), compiled)
    elif promote:
        _promote(home, _with_canary(_stack(stack, model, folder, found)), folder)
    elif give_up:
        _give_up(_with_canary(_stack(stack, model, folder, found)))
    else:
        _roll_out(home, version, found, compiled)


def _check(version: str, stack: str, *ways: bool) -> None:
    from serving.errors import InputError

    if sum(ways) > 1:
        raise InputError("rollout", "more than one of --canary, --promote and --give-up", "give one of them")
    if any(ways) and not stack:
        raise InputError("--stack", "not given, and a canary is a stack's", "name it: --stack NAME")
    if stack and not any(ways):
        reason = "a version becomes current for all stacks at once"
        raise InputError("--stack", reason, "leave it out, or add --canary, --promote or --give-up")
    if version and any(ways[1:]):
        raise InputError(f"version {version}", "the canary has its version already", "leave it out")


def _roll_out(home: Path, number: str, found: tuple[Use, ...], compiled: bool) -> None:
    from serving import rollout as work
    from serving import versions

    before = versions.current(home).number
    number = number or versions.versions(home)[-1].number
    versions.find(home, number)
    archive = work.archive_of(home, number, console.note, compiled=compiled)
    work.put(home, number, archive, "rollout")
    show_current(home, number, before, found)


def show_current(home: Path, number: str, before: str, found: tuple[Use, ...]) -> None:
    """What is current now, its archive, and what to do next."""
    from serving import rollout as work

    path = work.served(home.name)
    console.answer(
        {
            "model": home.name,
            "version": number,
            "before": before,
            "archive": version_stacks.written(path),
            "stacks": [use.stack for use in found],
        }
    )
    was = f"; before it was {before}" if before != number else ", as before"
    typer.echo(f"Version {number} of {home.name} is current{was}.")
    version_stacks.show_archive(path)
    live.columns(version_stacks.next_steps(home.name, path, found))


def _start(home: Path, number: str, weight: int, use: Use, compiled: bool) -> None:
    from infra import stack_file
    from infra.record import read_config
    from serving import rollout as work
    from serving import versions
    from serving.errors import InputError

    number = number or versions.versions(home)[-1].number
    versions.find(home, number)
    if number == use.main_version:
        raise InputError(f"version {number}", f"stack {use.stack} serves it already", "give another version")
    path = version_stacks.written(work.kept(home.name, number))
    values: dict[str, str | int | None] = {"canaryArchive": path, "canaryWeightPercent": weight}
    # The settings' own rules, before anything is built or written.
    config = read_config(use.stack, use.file.parent)
    config.with_overrides({f"{use.project}:{key}": value for key, value in values.items()}).settings()
    # Another weight alone leaves the canary's bytes as they are.
    tried = number == use.canary_version
    archive = work.archive_of(home, number, console.note, compiled=compiled, as_before=tried)
    stack_file.change(use.file, use.project, values)
    console.answer({"model": home.name, "version": number, "canary_of": use.stack, "weight_percent": weight})
    lines = [f"Version {number} of {home.name} is the canary of stack {use.stack}, with {weight} % of the requests."]
    if use.canary and use.canary != path and use.weight != "0":
        lines.append(f"It replaces {use.canary}, which has {use.weight} %: give it 0 first, or some requests fail.")
    live.columns(lines)
    version_stacks.show_archive(archive)
    typer.echo(f"{use.file.name}: canaryArchive, canaryWeightPercent written")
    typer.echo(f"Next: breakeven up --stack {use.stack}")
    typer.echo(f"Then: breakeven rollout {home.name} --promote --stack {use.stack}, or --give-up")


def _promote(home: Path, use: Use, folder: Path) -> None:
    from infra import stack_file
    from serving import packed, versions
    from serving import rollout as work
    from serving.errors import InputError

    archive = version_stacks.path_of(use.canary)
    if not use.canary_version:
        said = packed.about(archive)  # raises where it is no archive at all
        reason = f"it holds {said.get('name')} {said.get('version')}"
        raise InputError(use.canary, reason, f"give stack {use.stack} an archive of {home.name}")
    before, served = versions.current(home).number, work.served(home.name)
    work.put(home, use.canary_version, archive, f"promoted on stack {use.stack}")
    values: dict[str, str | int | None] = {"canaryArchive": None, "canaryWeightPercent": None}
    if not use.main or version_stacks.path_of(use.main) != served:
        values["modelArchive"] = version_stacks.written(served)
    stack_file.change(use.file, use.project, values)
    show_current(home, use.canary_version, before, version_stacks.uses(home.name, folder))
    _show_written(use, values)


def _give_up(use: Use) -> None:
    from infra import stack_file

    values: dict[str, str | int | None] = {"canaryArchive": None, "canaryWeightPercent": None}
    stack_file.change(use.file, use.project, values)
    console.answer({"stack": use.stack, "given_up": use.canary})
    live.columns([f"Stack {use.stack} gives up its canary, {use.canary}; its model stays as it is."])
    _show_written(use, values)
    typer.echo(f"Next: breakeven up --stack {use.stack}")


def _show_written(use: Use, values: dict[str, str | int | None]) -> None:
    typer.echo(f"{use.file.name}: canaryArchive, canaryWeightPercent taken out")
    if "modelArchive" in values:
        live.columns([f"{use.file.name}: modelArchive is {values['modelArchive']} now"])


def _stack(name: str, model: str, folder: Path, found: tuple[Use, ...]) -> Use:
    """The stack named; raises InputError for one that there is not, or that serves another model."""
    from infra.record import read_config
    from serving.errors import InputError

    for use in found:
        if use.stack == name:
            return use
    other = read_config(name, folder)  # raises for a stack that there is not
    serves = other.values.get(f"{other.project}:model")
    raise InputError(f"stack {name}", f"it serves {serves}, not {model}", "name a stack of this model")


def _with_canary(use: Use) -> Use:
    from serving.errors import InputError

    if not use.canary:
        raise InputError(f"stack {use.stack}", "it has no canary", "start one: --canary PERCENT")
    return use
