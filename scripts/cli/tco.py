"""`breakeven tco`: what owning it costs over its life, beside an API, with a fallback to it, and scaled to zero."""

from typing import Annotated

import typer

from scripts.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(tco)


def tco(
    file: Annotated[str, typer.Option("--file", "-f", help="A stack file in place of the program; - for stdin.")] = "",
    stack: Annotated[str, typer.Option("--stack", "-s", help="Which Pulumi.<stack>.yaml.")] = "dev",
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
    import json

    from infra.costs.managed import named
    from infra.costs.reports.tco import tco_document, tco_markdown, tco_text
    from infra.costs.tco import total_cost
    from scripts.cli import program, session

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
    chosen = named(api, given.assumed()) if api else None
    read = session.read_stack(file, region) if file else program.recorded(stack)[0]
    priced, name = given.price(read), file or f"stack {stack}"
    found = total_cost(priced, chosen)
    if form is options.Format.JSON:
        typer.echo(json.dumps(tco_document(found), indent=2, ensure_ascii=False))
    elif form is options.Format.MARKDOWN:
        typer.echo(tco_markdown(found, name), nl=False)
    else:
        typer.echo(tco_text(found, session.painter(), name), nl=False)
    raise typer.Exit(session.exit_code(session.report_of("tco", name, priced), None, strict=False))
