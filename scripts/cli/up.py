"""`breakeven up`: deploys a stack; first what it costs, then a question, then the work, then a real prediction."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.cli import console, live, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.costs.estimate import Estimate
    from infra.costs.stack import Stack as PricedStack
    from infra.lifecycle.workspace import Workspace
    from infra.record import Recording
    from scripts.cli.session import Inputs

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the endpoint answers a prediction.")]
WaitSeconds = Annotated[int, typer.Option("--wait-seconds", min=1, help="How long to wait for it.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(up)


def up(
    stack: options.StackName = "dev",
    project: live.Project = None,
    yes: live.Yes = False,
    sandbox: live.Sandbox = False,
    wait: Wait = True,
    wait_seconds: WaitSeconds = 900,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    prices: options.PriceBooks = None,
) -> None:
    """Deploy the stack, or change it to what the program now says."""
    from scripts.cli import session

    given = session.Inputs(workload=workload, volume=volume, prices=tuple(prices or ()))
    with live.begun(project, stack, sandbox) as folder:
        # Nothing in a sandbox costs anything, so there is nothing to agree to.
        _up(stack, folder, given, yes=yes or sandbox, wait_seconds=wait_seconds if wait else 0)


def _up(stack: str, folder: Path, given: "Inputs", *, yes: bool, wait_seconds: int) -> None:
    from infra.lifecycle import preflight
    from infra.lifecycle import up as work
    from infra.lifecycle.workspace import Workspace
    from infra.record import record

    recording = record(stack, folder)
    asked = recording.as_stack()
    _check_rules(asked)
    priced = given.price(asked)
    _show_cost(recording, priced)
    preflight.check_account(preflight.account_of(_config(stack, folder)), recording.settings)
    workspace = Workspace.open(stack, folder, create=True)
    _take_back(workspace, recording)
    _show_change(workspace, priced, given)
    live.say("Asking the provider what there is to do ...")
    foreseen = work.foresee(workspace, live.say)
    live.say(f"{foreseen.words}.")
    if foreseen.steps and not live.agreed(f"Deploy stack {stack}?", yes):
        raise typer.Exit(ExitCode.DECLINED)
    outputs = work.deploy(workspace, live.say, foreseen.steps)
    if wait_seconds:
        _wait(workspace, recording, outputs, wait_seconds, given)
    _show_endpoint(outputs)


def _config(stack: str, folder: Path) -> Any:
    from infra.record import read_config

    return read_config(stack, folder)


def _check_rules(asked: "PricedStack") -> None:
    """The mandatory rules of `breakeven check`: one line for each violation without a written exception."""
    from infra.policy.check import check

    checked = check(asked)
    for finding in checked.mandatory:
        typer.echo(f"breakeven: {finding}", err=True)
    if checked.mandatory:
        raise typer.Exit(ExitCode.VIOLATED)


def _show_cost(recording: "Recording", priced: "Estimate") -> None:
    """The bill of what the program asks for; refuses a budget that it is above."""
    from infra.costs.reports import Report
    from infra.lifecycle import preflight
    from scripts.cli import session
    from scripts.cli.options import Format

    name = recording.stack
    session.write(Report("up", f"stack {name}", priced, None, recording.warnings), Format.TEXT)
    live.say("")
    preflight.check_budget(name, recording.settings, priced.monthly("low"), priced.monthly("expected"))


def _take_back(workspace: "Workspace", recording: "Recording") -> None:
    """Names what an earlier teardown kept: what the state has, and log groups that a lost state does not."""
    from infra.lifecycle.kept import holders
    from infra.lifecycle.preflight import account_of
    from infra.lifecycle.take_back import take_back

    found = take_back(workspace, account_of(workspace.config), recording.resources)
    names = [*holders(workspace.deployed()), *found]
    if names:
        live.columns([f"Takes back what an earlier teardown kept: {', '.join(names)}.", ""])


def _show_change(workspace: "Workspace", after: "Estimate", given: "Inputs") -> None:
    """What the change adds to the bill, where something is deployed already."""
    from infra.lifecycle.changes import changes
    from infra.lifecycle.changes_report import as_text

    deployed = workspace.deployed()
    before = live.priced_state(workspace, deployed, given)
    if before is None:
        return
    found = changes(before, after)
    if found.rows:
        live.say(as_text(found, f"stack {workspace.name}: deployed -> program"))


def _wait(
    workspace: "Workspace", recording: "Recording", outputs: Mapping[str, Any], seconds: int, given: "Inputs"
) -> None:
    from infra.lifecycle import endpoint
    from scripts.cli.session import read_workload

    settings = recording.settings
    empty = [
        k
        for k, path in (("modelArchive", settings.model.model_archive), ("nodeBundle", settings.model.node_bundle))
        if not path
    ]
    if empty:
        verb = "is" if len(empty) == 1 else "are"
        live.columns([f"Nothing is served yet: {' and '.join(empty)} {verb} empty. Not waiting for a prediction."])
        return
    if settings.fleet.min_size == 0:
        live.columns(["The group may be empty (minSize 0): not waiting for a prediction."])
        return
    profile = str(workspace.config.values.get("aws:profile") or "")
    sign = endpoint.signed_by(settings.gateway.auth, recording.region, outputs, profile)
    body = endpoint.sample(settings.model.model, read_workload(given.workload, given.volume).volume.unit)
    live.say(f"Waiting for a prediction, {seconds} seconds at most ...")
    answer = endpoint.wait(str(outputs["endpoint"]), sign, body, limit_seconds=seconds)
    live.say(f"It answers: {answer.text[:60]}")


def _show_endpoint(outputs: Mapping[str, Any]) -> None:
    cost = outputs.get("costPerMonth", {})
    console.answer({key: outputs[key] for key in ("endpoint", "costPerMonth", "call") if key in outputs})
    typer.echo("")
    typer.echo(f"endpoint  {outputs.get('endpoint', '')}")
    if cost:
        typer.echo(f"a month   {cost['expected']} {cost['currency']} expected, {cost['low']} to {cost['high']}")
    typer.echo("call it   (paste)")
    typer.echo(str(outputs.get("call", "")))
