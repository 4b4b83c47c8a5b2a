"""`breakeven explain`: a figure unfolded to quantity x price, source, date and assumption."""

from typing import Annotated

import typer

from scripts.cli import completion, console, options


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(explain)


def explain(
    name: Annotated[
        str,
        typer.Argument(
            help="A resource, a component (Fleet, Network ...) or a managed API.", autocompletion=completion.lines
        ),
    ],
    file: options.StackFile = "",
    stack: options.StackName = "dev",
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
) -> None:
    """Unfold every line of a resource or component."""
    from infra.costs.reports import explain as unfold
    from infra.costs.reports.machine import explained_document
    from scripts.cli import session

    given = session.Inputs(workload=workload, volume=volume, usage=usage, prices=tuple(prices or ()), region=region)
    read, called, _ = session.stack_of(file, stack, region)
    report = session.report_of("explain", called, given.price(read))
    text = unfold(report, name)
    if not console.answer(explained_document(report, name)):
        typer.echo(text, nl=False)
