"""`breakeven diff`: what a change would add to the bill, resource by resource."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console, live, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.costs.estimate import Estimate
    from infra.costs.stack import Stack
    from scripts.cli.session import Inputs


class Failing(StrEnum):
    """What a comparison with a commit is refused for."""

    RULES = "rules"
    BUDGET = "budget"
    NOTHING = "nothing"


Against = Annotated[
    str, typer.Option("--against", metavar="COMMIT", help="Compare the files here with those of a commit of git.")
]
WithCheck = Annotated[bool, typer.Option("--with-check", help="With --against: the security rules, too.")]
FailOn = Annotated[
    list[Failing] | None,
    typer.Option("--fail-on", help="With --against: what ends it with a code of its own (default: both)."),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(diff)


def diff(
    old: Annotated[
        str, typer.Argument(help="A stack file: preview JSON, stack export ...; none: what is deployed.")
    ] = "",
    new: Annotated[str, typer.Argument(help="The stack file to compare with; none: the program.")] = "",
    stack: Annotated[
        str, typer.Option("--stack", "-s", help="Which Pulumi.<stack>.yaml (default: dev; with --against all).")
    ] = "",
    project: live.Project = None,
    sandbox: live.Sandbox = False,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
    form: options.OutputFormat = options.Format.TEXT,
    budget: options.Budget = None,
    against: Against = "",
    with_check: WithCheck = False,
    fail_on: FailOn = None,
) -> None:
    """Compare two bills: deployed with program, a commit with the files here, or two files, without an account."""
    from infra.costs.reports.words import money
    from infra.lifecycle import changes_report
    from infra.lifecycle.changes import changes
    from scripts.cli import session

    allowed = session.parse_budget(budget)
    given = session.Inputs(workload=workload, volume=volume, usage=usage, prices=tuple(prices or ()), region=region)
    if against:
        if old or new:
            raise typer.BadParameter("give two files or --against, not both")
        from scripts.cli import diff_commits

        wanted = tuple(stack.split())
        asked = diff_commits.Asked(against=against, stacks=wanted, budget=allowed, rules=with_check, form=form)
        raise typer.Exit(diff_commits.run(asked, live.folder(project), given, [str(one) for one in fail_on or ()]))
    stack = stack or "dev"
    folder = live.folder(project, stack, sandbox)
    before = _of_file(old, given) if old else _deployed(stack, folder, given)
    after = _of_file(new, given) if new else _program(stack, folder, given)
    found = changes(before, after)
    title = f"{old or f'stack {stack}, deployed'} -> {new or f'stack {stack}, program'}"
    if form is options.Format.JSON:
        console.report(changes_report.as_json(found))
    else:
        write = changes_report.as_markdown if form is options.Format.MARKDOWN else changes_report.as_text
        console.report(write(found, title))
    if allowed is not None and found.after.expected > allowed:
        typer.echo(
            f"breakeven: over budget: {money(found.after.expected)} expected, {money(allowed)} allowed", err=True
        )
        raise typer.Exit(ExitCode.OVER_BUDGET)


def _of_file(file: str, given: "Inputs") -> "Estimate | None":
    from scripts.cli import session

    return _priced(session.read_stack(file, given.region), given)


def _deployed(stack: str, folder: Path, given: "Inputs") -> "Estimate | None":
    """None for a stack that was never deployed: then everything is added."""
    from infra.lifecycle.errors import NotDeployedError
    from infra.lifecycle.workspace import Workspace

    try:
        workspace = Workspace.open(stack, folder)
    except NotDeployedError:
        return None
    return live.priced_state(workspace, workspace.deployed(), given)


def _program(stack: str, folder: Path, given: "Inputs") -> "Estimate | None":
    from infra.record import record

    return _priced(record(stack, folder).as_stack(), given)


def _priced(read: "Stack", given: "Inputs") -> "Estimate | None":
    """None for a stack without resources, which costs nothing."""
    return given.price(read) if any(not r.type.startswith("pulumi:") for r in read) else None
