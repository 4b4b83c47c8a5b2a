"""`breakeven destroy`: takes a stack down, and proves that nothing billable is left."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console, live, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.lifecycle.aws import Account
    from infra.lifecycle.workspace import Deployed, Workspace

KeepData = Annotated[
    bool | None,
    typer.Option(
        "--keep-data/--delete-data", help="What becomes of buckets and log groups: left with their key, or emptied."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(destroy)


def destroy(
    stack: options.StackName = "dev",
    project: live.Project = None,
    yes: live.Yes = False,
    sandbox: live.Sandbox = False,
    keep_data: KeepData = None,
    sweep: Annotated[bool, typer.Option("--sweep/--no-sweep", help="Look for leftovers afterwards.")] = True,
) -> None:
    """Destroy everything the stack created."""
    if sandbox:
        _of_sandbox(stack, project, keep_data, sweep)
    else:
        _destroy(stack, live.folder(project), keep_data, yes=yes, sweep=sweep)


def _of_sandbox(stack: str, project: live.Project, keep_data: bool | None, sweep: bool) -> None:
    """The same there without questions, and the end of the sandbox; kept data or leftovers keep it running."""
    from infra.sandbox import Place, is_lost, leave

    place = Place(project=live.folder(project), stack=stack)
    if is_lost(place):
        leave(place)
        console.answer({"stack": stack, "kept": []})
        live.say(f"stack {stack}: its sandbox had ended already, and is forgotten.")
        return
    if _destroy(stack, live.folder(project, stack, True), bool(keep_data), yes=True, sweep=sweep):
        live.say("The sandbox goes on: it holds the data that was kept.")
        return
    leave(place)
    live.say(f"The sandbox of stack {stack} has ended; nothing of it is left.")


def _destroy(stack: str, folder: Path, keep_data: bool | None, *, yes: bool, sweep: bool) -> frozenset[str]:
    """The physical ids of what was kept."""
    from infra.lifecycle import destroy as work
    from infra.lifecycle import preflight
    from infra.lifecycle.workspace import Workspace

    workspace = Workspace.open(stack, folder)
    account = preflight.account_of(workspace.config)
    deployed = workspace.deployed()
    kept: frozenset[str] = frozenset()
    if deployed.is_empty and not deployed.pending:
        live.say(f"stack {stack}: nothing is deployed.")
    else:
        _show_savings(workspace, deployed)
        keep = _choice(account, deployed, keep_data, yes)
        if not live.agreed(f"Destroy stack {stack}?", yes):
            raise typer.Exit(ExitCode.DECLINED)
        kept = work.destroy(workspace, account, live.say, keep_data=keep)
        live.say(f"stack {stack} is destroyed{'; its data is kept' if kept else ''}.")
    console.answer({"stack": stack, "kept": sorted(kept)})
    if sweep:
        _sweep(workspace, account, kept)
    return kept


def _show_savings(workspace: "Workspace", deployed: "Deployed") -> None:
    from infra.costs.estimate import shares
    from infra.costs.reports.report import amounts
    from infra.costs.reports.words import money
    from scripts.cli.session import Inputs

    priced = Inputs().price(deployed.priced(workspace.config.region))
    live.say(f"{'What stops being paid, USD a month':<40}{'low':>12}{'expected':>12}{'high':>12}")
    for part, values in shares(priced).items():
        live.say(f"{part:<40}" + "".join(f"{text:>12}" for text in amounts(values)))
    total = [money(priced.monthly(case)) for case in ("low", "expected", "high")]
    live.say(f"{'Total':<40}" + "".join(f"{text:>12}" for text in total))


def _choice(account: "Account", deployed: "Deployed", stated: bool | None, yes: bool) -> bool:
    """Whether data is kept: as stated, else as answered; a protected stack, or kept data, wants it stated."""
    from infra.costs.errors import InputError
    from infra.lifecycle import data
    from infra.lifecycle.kept import kept

    held = data.held(account, deployed)
    for row in held:
        live.say(f"Data: {row.bucket} holds {row.versions}{' or more' if row.more else ''} object versions")
    if stated is not None:
        return stated
    if yes:
        reason = "its data was kept on purpose" if kept(deployed) else ""
        if data.is_protected(deployed) and held:
            reason = "it was deployed with deletionProtection and holds data"
        if reason:
            raise InputError(f"stack {deployed.stack}", reason, "add --keep-data or --delete-data")
        return False
    return bool(held or kept(deployed)) and live.agreed("Keep the data (buckets, log groups and their key)?", yes)


def _sweep(workspace: "Workspace", account: "Account", kept: frozenset[str]) -> None:
    from infra.lifecycle.leftovers import Marks
    from infra.lifecycle.sweep import as_text, document, sweep

    marks = Marks(project=workspace.config.project, stack=workspace.name)
    swept = sweep(account, marks, kept)
    console.answer({"stack": workspace.name, "kept": sorted(kept), "sweep": document(swept)})
    typer.echo(as_text(swept, marks), nl=False)
    if not swept.is_clean:
        raise typer.Exit(ExitCode.LEFTOVERS)
