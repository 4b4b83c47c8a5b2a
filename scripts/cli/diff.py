"""`breakeven diff`: what a change would add to the bill, resource by resource."""

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import live, options

if TYPE_CHECKING:
    from infra.costs.estimate import Estimate
    from infra.costs.stack import Stack
    from scripts.cli.session import Inputs


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(diff)


def diff(
    old: Annotated[
        str, typer.Argument(help="A stack file: preview JSON, stack export ...; none: what is deployed.")
    ] = "",
    new: Annotated[str, typer.Argument(help="The stack file to compare with; none: the program.")] = "",
    stack: options.StackName = "dev",
    project: live.Project = None,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
    form: options.OutputFormat = options.Format.TEXT,
    budget: options.Budget = None,
) -> None:
    """Compare two bills: deployed with program, or two files, which needs no account."""
    from infra.costs.reports.words import money
    from infra.lifecycle import changes_report
    from infra.lifecycle.changes import changes
    from scripts.cli import session

    allowed = session.parse_budget(budget)
    given = session.Inputs(workload=workload, volume=volume, usage=usage, prices=tuple(prices or ()), region=region)
    before = _of_file(old, given) if old else _deployed(stack, project, given)
    after = _of_file(new, given) if new else _program(stack, project, given)
    found = changes(before, after)
    title = f"{old or f'stack {stack}, deployed'} -> {new or f'stack {stack}, program'}"
    if form is options.Format.JSON:
        typer.echo(changes_report.as_json(found), nl=False)
    else:
        write = changes_report.as_markdown if form is options.Format.MARKDOWN else changes_report.as_text
        typer.echo(write(found, title), nl=False)
    if allowed is not None and found.after.expected > allowed:
        typer.echo(
            f"breakeven: over budget: {money(found.after.expected)} expected, {money(allowed)} allowed", err=True
        )
        raise typer.Exit(session.OVER_BUDGET)


def _of_file(file: str, given: "Inputs") -> "Estimate | None":
    from scripts.cli import session

    return _priced(session.read_stack(file, given.region), given)


def _deployed(stack: str, project: "live.Project", given: "Inputs") -> "Estimate | None":
    """None for a stack that was never deployed: then everything is added."""
    from infra.lifecycle.errors import NotDeployedError
    from infra.lifecycle.workspace import Workspace

    try:
        workspace = Workspace.open(stack, live.folder(project))
    except NotDeployedError:
        return None
    return live.priced_state(workspace, workspace.deployed(), given)


def _program(stack: str, project: "live.Project", given: "Inputs") -> "Estimate | None":
    from infra.record import record

    return _priced(record(stack, live.folder(project)).as_stack(), given)


def _priced(read: "Stack", given: "Inputs") -> "Estimate | None":
    """None for a stack without resources, which costs nothing."""
    return given.price(read) if any(not r.type.startswith("pulumi:") for r in read) else None
