"""`breakeven prices`: every price file with its age."""

from datetime import date
from typing import Annotated

import typer

STALE = 4


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(prices)


def prices(
    stale: Annotated[str | None, typer.Option("--stale", help="Only what is older than so many days; code 4.")] = None,
    region: Annotated[str, typer.Option("--region", help="Only this region.")] = "",
) -> None:
    """List price files: how many prices, how old the oldest is, how many have no public source."""
    from infra.costs.errors import InputError
    from infra.costs.numbers import number
    from infra.costs.prices import price_files

    days = None if stale is None else number(stale, "--stale")
    files = [f for f in price_files() if not region or f"/{region}/" in f.file]
    if not files:
        raise InputError(f"region {region!r}", "has no price files", "see infra/costs/data/prices")
    today = date.today()
    old = [f for f in files if days is None or f.undated or (f.checked and (today - f.checked[0]).days > days)]
    for found in old:
        age = f"{found.checked[0]} ({(today - found.checked[0]).days} days)" if found.checked else "undated"
        unverified = f"  {found.unverified} unverified" if found.unverified else ""
        typer.echo(f"{found.file.removeprefix('prices/'):<38}{found.count:>6}  {age}{unverified}")
    if days is not None and old:
        raise typer.Exit(STALE)
