"""`breakeven explain`: a figure unfolded to quantity x price, source, date and assumption."""

from typing import Annotated

import typer

from scripts.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(explain)


def explain(
    name: Annotated[str, typer.Argument(help="A resource, a component (Fleet, Network ...) or a managed API.")],
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
    from scripts.cli import session

    given = session.Inputs(workload=workload, volume=volume, usage=usage, prices=tuple(prices or ()), region=region)
    read, called, _ = session.stack_of(file, stack, region)
    report = session.report_of("explain", called, given.price(read))
    typer.echo(unfold(report, name), nl=False)
