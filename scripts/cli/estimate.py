"""`breakeven estimate`: what any Pulumi stack costs, from a file, standard input or a deployed stack."""

from typing import Annotated

import typer

from scripts.cli import options, progress


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(estimate)


def estimate(
    file: Annotated[str, typer.Argument(help="Preview JSON, stack export, resource list or events; - for stdin.")] = "",
    stack: Annotated[str, typer.Option("--stack", "-s", help="A deployed stack, read with the pulumi CLI.")] = "",
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    people_share: options.PeopleShare = None,
    spot_share: options.SpotShare = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
    form: options.OutputFormat = options.Format.TEXT,
    budget: options.Budget = None,
    strict: options.Strict = False,
) -> None:
    """Price a Pulumi stack."""
    if bool(file) == bool(stack):
        raise typer.BadParameter("give either a FILE (or -) or --stack NAME")
    from scripts.cli import session

    allowed = session.parse_budget(budget)
    given = session.Inputs(
        workload=workload,
        volume=volume,
        peak=peak,
        people_share=people_share,
        spot_share=spot_share,
        usage=usage,
        prices=tuple(prices or ()),
        region=region,
    )
    with progress.waiting("Reading the stack"):
        read = session.deployed_stack(stack, region) if stack else session.read_stack(file, region)
    report = session.report_of("estimate", f"stack {stack}" if stack else file, given.price(read))
    session.write(report, form)
    raise typer.Exit(session.exit_code(report, allowed, strict))
