"""`breakeven tco`: what owning it costs over its life, beside an API, with a fallback to it, and scaled to zero."""

from typing import Annotated

import typer

from scripts.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(tco)


def tco(
    file: options.StackFile = "",
    stack: options.StackName = "dev",
    api: Annotated[str, typer.Option("--api", help="A managed API by its key; else the cheapest at the volume.")] = "",
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    people_share: options.PeopleShare = None,
    spot_share: options.SpotShare = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Compare the total cost of API, self-hosted, fallback and scale to zero over the workload's months."""
    from infra.costs.managed import named
    from infra.costs.reports import Report
    from infra.costs.reports.tco import tco_document, tco_markdown, tco_text
    from infra.costs.tco import total_cost
    from scripts.cli import session

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
    chosen = named(api, given.assumed(), "--api") if api else None
    read, name, _ = session.stack_of(file, stack, region)
    priced = given.price(read)
    found = total_cost(priced, chosen)
    session.tell(
        form,
        text=lambda: tco_text(found, session.painter(), name),
        markdown=lambda: tco_markdown(found, name),
        document=lambda: tco_document(found),
    )
    raise typer.Exit(session.exit_code(Report("tco", name, priced), None, strict=False))
