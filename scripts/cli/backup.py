"""`breakeven backup`: a dated backup of a deployed stack that can be verified, and restored from."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.cli import console, live, options

if TYPE_CHECKING:
    from infra.lifecycle.backup import Made
    from infra.lifecycle.backup_manifest import Manifest
    from infra.lifecycle.backup_place import Place

To = Annotated[str, typer.Option("--to", help="Where it goes: a folder, or s3://bucket/prefix.")]
Uploads = Annotated[bool, typer.Option("--uploads", help="Also the documents that were sent in.")]
Verify = Annotated[str, typer.Option("--verify", help="Check every byte of the backups there instead.")]
MB = 1_000_000


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(backup)


def backup(
    stack: options.StackName = "dev",
    project: live.Project = None,
    to: To = "",
    uploads: Uploads = False,
    verify: Verify = "",
) -> None:
    """Back up a stack's state, settings, archives and results; changes nothing in AWS."""
    if bool(to) == bool(verify):
        raise typer.BadParameter("give --to PLACE to write a backup, or --verify PLACE to check those there")
    if verify:
        _check(verify)
        return
    from infra.lifecycle import backup as work
    from infra.lifecycle.backup_place import place_of
    from infra.lifecycle.preflight import account_of
    from infra.lifecycle.workspace import Workspace

    workspace = Workspace.open(stack, live.folder(project))
    account = account_of(workspace.config)
    place = place_of(to, account)
    made = work.back_up(workspace, account, place, live.say, uploads=uploads)
    _show(made, place.shown)


def place_at(text: str) -> "Place":
    """A place that is only read from: any region's endpoint leads to a bucket."""
    import os

    from infra.lifecycle.aws import Account
    from infra.lifecycle.backup_place import place_of

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return place_of(text, Account(region))


def _check(text: str) -> None:
    from infra.lifecycle.backup_read import check

    checked = check(place_at(text))
    console.answer(
        {
            "backups": [_document(manifest) for manifest in checked.backups],
            "files": checked.files,
            "size_bytes": checked.size,
        }
    )
    for manifest in checked.backups:
        typer.echo(f"{manifest.stack}  {manifest.made}  {manifest.region}  {len(manifest.objects)} objects"[:80])
    typer.echo(f"{len(checked.backups)} backups, {checked.files} files, {checked.size / MB:,.1f} MB: all whole.")


def _document(manifest: "Manifest") -> dict[str, Any]:
    return {
        "stack": manifest.stack,
        "made": manifest.made,
        "region": manifest.region,
        "folder": manifest.folder,
        "resources": manifest.resources,
        "objects": len(manifest.objects),
        "pending": list(manifest.pending),
    }


def _show(made: "Made", shown: str) -> None:
    from infra.lifecycle.backup_objects import counted

    manifest = made.manifest
    console.answer({**_document(manifest), "place": shown, "new": made.new, "new_bytes": made.new_bytes})
    if manifest.pending:
        names = ", ".join(manifest.pending)
        live.columns([f"An operation was under way at {names}: the state is that of the middle of it."])
    typer.echo(f"stack {manifest.stack} is backed up: {manifest.resources} resources in the state;")
    live.columns([f"{', '.join(counted(manifest)) or 'no objects'}; {made.new} new, {made.new_bytes / MB:,.1f} MB."])
    typer.echo(f"{shown}/{manifest.folder}")
