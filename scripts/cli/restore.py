"""`breakeven restore`: a stack back from a backup, whether its state was lost, its resources, or both."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console, live, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.lifecycle.backup_place import Place
    from infra.lifecycle.restore import Plan
    from infra.lifecycle.restore_files import Opened, Settings
    from infra.lifecycle.restore_objects import Returned
    from infra.lifecycle.workspace import Workspace

From = Annotated[str, typer.Argument(help="What `breakeven backup --to` wrote to: a folder, or s3://bucket/prefix.")]
Target = Annotated[str, typer.Option("--stack", "-s", help="The stack to restore into (default: the backup's own).")]
Source = Annotated[str, typer.Option("--from", help="Whose backup, where there are those of several stacks.")]
At = Annotated[str, typer.Option("--at", help="Which backup, by its time (default: the newest).")]
NewRegion = Annotated[str, typer.Option("--region", help="Region of a stack that has no file yet.")]
Keep = Annotated[bool, typer.Option("--keep-settings", help="The stack's file stays where it differs.")]
Uploads = Annotated[bool, typer.Option("--uploads", help="Also put uploads back; the stack reads them again.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(restore)


def restore(
    backup: From,
    stack: Target = "",
    project: live.Project = None,
    yes: live.Yes = False,
    source: Source = "",
    at: At = "",
    region: NewRegion = "",
    keep_settings: Keep = False,
    uploads: Uploads = False,
    prices: options.PriceBooks = None,
) -> None:
    """Restore a stack from a backup: shows what it will do, asks, does it and proves it."""
    from infra.lifecycle import restore_files as files

    folder = live.folder(project)
    with tempfile.TemporaryDirectory(prefix="breakeven-restore-") as scratch:
        opened = _opened(backup, folder, Path(scratch), source or stack, exact=bool(source), at=at)
        target = stack or opened.manifest.stack
        settings = files.settings_of(folder, target, opened, region, keep=keep_settings)
        plan = _planned(opened, target, folder, settings)
        _show(opened, plan, folder)
        if not live.agreed(f"Restore stack {target}?", yes):
            raise typer.Exit(ExitCode.DECLINED)
        files.write(opened, folder, settings, plan.missing)
        workspace = _deployed(opened, plan, folder, yes, prices)
        _finish(opened, workspace, uploads)
        console.answer({"stack": target, "backup": opened.manifest.made, "state": plan.state})


def _opened(text: str, folder: Path, scratch: Path, stack: str, *, exact: bool, at: str) -> "Opened":
    """The backup that is meant, read and checked whole: nothing is begun with half of one."""
    from infra.lifecycle import backup_read
    from infra.lifecycle.restore_files import Opened, project_name
    from scripts.cli.backup import place_at

    place: Place = place_at(text)
    project = project_name(folder)
    wanted = stack if exact or stack in backup_read.stacks(place, project) else ""
    manifest = backup_read.choose(place, project, wanted, at)
    live.say(f"Checking {len(backup_read.files_of(manifest))} files of the backup ...")
    backup_read.check_one(place, manifest)
    return Opened.open(place, manifest, scratch)


def _planned(opened: "Opened", target: str, folder: Path, settings: "Settings") -> "Plan":
    from infra.lifecycle import restore as work
    from infra.lifecycle import restore_files as files
    from infra.lifecycle.preflight import account_of
    from infra.record import REGION

    account = account_of(opened.config.with_overrides({REGION: settings.region}))
    missing = files.absent(opened, folder, settings)
    deployed = work.deployed_of(target, folder)
    return work.plan(opened, target, account, settings, missing, deployed)


def _show(opened: "Opened", plan: "Plan", folder: Path) -> None:
    """What there is, and what will be done."""
    from infra.lifecycle.backup_objects import counted
    from infra.lifecycle.restore_files import differs_in_defaults

    manifest = opened.manifest
    objects = ", ".join(counted(manifest)) or "no objects"
    lines = [
        f"Backup of {manifest.project}/{manifest.stack}, {manifest.made}, {manifest.region}: "
        f"{manifest.resources} resources, {objects}.",
        f"To do for stack {plan.target} in {plan.settings.region}:",
    ]
    name = plan.settings.file.name
    lines += [f"- {'write' if plan.settings.written else 'leave as it is'}: {name}"]
    lines += [f"- write {row.path.name} to {row.path.parent.name}, for {row.setting}" for row in plan.missing]
    lines += [_state_line(plan)]
    lines += ["- put back archives and results that are not there, and read them back"]
    lines += ["- prove that the engine finds nothing more to do"]
    if plan.unknown:
        some = ", ".join(plan.unknown[:3])
        lines += [f"Note: {len(plan.unknown)} things bear its name and are not in the backup, such as {some}"]
    if differs_in_defaults(opened, folder):
        lines += ["Note: Pulumi.yaml is not the one of the backup: defaults may have changed"]
    live.columns(lines)


def _state_line(plan: "Plan") -> str:
    if plan.state == "stays":
        return f"- its state is there ({plan.deployed} resources) and stays; deploy what its settings say"
    if plan.state == "imported":
        return f"- {len(plan.found)} or more of its resources exist: import the state and read it back from AWS"
    return "- nothing of it is in the account: deploy it anew"


def _deployed(opened: "Opened", plan: "Plan", folder: Path, yes: bool, prices: list[Path] | None) -> "Workspace":
    """The stack as its settings say, whichever way it comes there."""
    from infra.lifecycle import restore as work
    from infra.lifecycle.workspace import Workspace
    from scripts.cli.up import up

    if plan.state == "imported":
        workspace = Workspace.open(plan.target, folder, create=True)
        foreseen = work.import_state(workspace, opened, live.say)
        live.say(f"{foreseen.words}.")
        if not foreseen.steps:
            return workspace
    up(stack=plan.target, project=folder, yes=yes, wait=False, prices=prices)
    return Workspace.open(plan.target, folder)


def _finish(opened: "Opened", workspace: "Workspace", uploads: bool) -> None:
    from infra.lifecycle import restore as work
    from infra.lifecycle.preflight import account_of
    from infra.lifecycle.restore_files import naming
    from infra.lifecycle.restore_objects import put_back

    account, manifest = account_of(workspace.config), opened.manifest
    keep_days = workspace.config.settings().intake.intake_retention_days
    deployed = workspace.deployed()
    returned = put_back(account, deployed, opened.place, manifest, keep_days=keep_days, uploads=uploads)
    _show_objects(returned)
    work.prove(workspace, live.say)
    if workspace.config.region != manifest.region:
        file = workspace.project / f"Pulumi.{workspace.name}.yaml"
        left = [*naming(file, manifest.region), *work.naming(workspace, manifest.region)]
        said = f"These still name {manifest.region}: {', '.join(left)}" if left else f"Nothing names {manifest.region}"
        live.columns([f"{said}."])
    live.say(f"stack {workspace.name} is restored: no changes left, objects as they were.")
    live.columns([f"A real prediction: breakeven up --stack {workspace.name}"])


def _show_objects(found: "Returned") -> None:
    lines = [f"Objects: {len(found.put)} put back, {len(found.there)} there already."]
    if found.other:
        lines += [f"{len(found.other)} are there with another content, which stays: {', '.join(found.other[:3])}"]
    if found.expired:
        lines += [f"{len(found.expired)} are older than intakeRetentionDays and stay in the backup"]
    if found.homeless:
        lines += [f"{len(found.homeless)} stay in the backup: this stack has no bucket for them (intake: false)"]
    live.columns(lines)
