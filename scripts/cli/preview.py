"""`breakeven preview`: what the program's stack would cost, without an account."""

import typer

from scripts.cli import live, options


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(preview)


def preview(
    stack: options.StackName = "dev",
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    people_share: options.PeopleShare = None,
    spot_share: options.SpotShare = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    form: options.OutputFormat = options.Format.TEXT,
    budget: options.Budget = None,
    strict: options.Strict = False,
    project: live.Project = None,
) -> None:
    """Run the Pulumi program in this process, price the resources it creates, compare with managed APIs."""
    from scripts.cli import program, session

    allowed = session.parse_budget(budget)
    given = session.Inputs(
        workload=workload,
        volume=volume,
        peak=peak,
        people_share=people_share,
        spot_share=spot_share,
        usage=usage,
        prices=tuple(prices or ()),
    )
    recorded, warnings = program.recorded(stack, project=live.folder(project))
    report = session.report_of("preview", f"stack {stack}", given.price(recorded), warnings)
    session.write(report, form)
    raise typer.Exit(session.exit_code(report, allowed, strict))
