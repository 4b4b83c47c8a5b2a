"""`breakeven reconcile`: the estimate beside the bill, with the difference explained."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from scripts.cli import console, options, progress


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(reconcile)


def reconcile(
    context: typer.Context,
    month: Annotated[str, typer.Option("--month", help="Month of the bill, such as 2026-10.")],
    stack: options.StackName = "dev",
    file: Annotated[str, typer.Option("--file", help="A stack as `estimate` reads it; needs --tag.")] = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="KEY=VALUE on the bill (default: the stack's own tags).")
    ] = None,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
    profile: Annotated[str, typer.Option("--profile", help="Profile of the AWS configuration.")] = "",
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Compare what a stack was estimated to cost with its bill, per service (three requests, 0.01 USD each)."""
    if file and options.stated(context, "stack"):
        raise typer.BadParameter("give either --stack NAME or --file FILE")
    from infra.account.bill import month_of, read_bill
    from infra.account.calls import home
    from infra.account.reconcile import reconcile as compare
    from infra.account.reconcile_report import as_json, as_markdown, as_text
    from infra.costs.estimate import DEFAULT_REGION
    from infra.costs.prices import PriceBook
    from scripts.cli import session

    asked = month_of(month, datetime.now(UTC).date())
    books = tuple(prices or ())
    given = session.Inputs(workload=workload, volume=volume, usage=usage, prices=books, region=region)
    wanted = _tags(tag) or _own_tags(file, stack)
    read, name, _ = session.stack_of(file, stack, region)
    priced = given.price(read)
    with progress.waiting("Reading the bill"):
        bill = read_bill(home(profile), asked, wanted)
    used = next((r.region for r in priced.stack if r.region), region or DEFAULT_REGION)
    forms = {options.Format.TEXT: as_text, options.Format.MARKDOWN: as_markdown, options.Format.JSON: as_json}
    console.report(forms[form](compare(name, priced, bill, PriceBook(books), used)))


def _tags(given: list[str] | None) -> dict[str, str]:
    """Tags from the command line; raises InputError."""
    from infra.costs.errors import InputError

    found = {}
    for text in given or ():
        key, equals, value = text.partition("=")
        if not key or not equals or not value:
            raise InputError(f"--tag {text}", "not KEY=VALUE", "write it like stack=dev")
        if key in found:
            raise InputError(f"--tag {text}", f"{key} is given twice", "one value for each tag")
        found[key] = value
    return found


def _own_tags(file: str, stack: str) -> dict[str, str]:
    """The tags that the program gives everything in a stack; raises InputError for a file, which names no stack."""
    from infra.costs.errors import InputError
    from infra.naming import Names
    from infra.record import read_config
    from scripts.cli.session import ROOT

    if file:
        raise InputError(f"--file {file}", "does not say which tags the bill bears", "add --tag KEY=VALUE")
    names = Names(project=read_config(stack, ROOT).project, stack=stack, extra_tags={})
    # The tag that only this stack bears comes first: what lacks it is the untagged rest.
    return {key: value for key, value in reversed(names.tags("").items()) if key != "Name"}
