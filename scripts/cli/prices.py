"""`breakeven prices`: every price file with its age."""

from datetime import date
from decimal import Decimal
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
    """List price files: how many prices, the oldest check, how many were not found in a public source."""
    from infra.costs.errors import InputError
    from infra.costs.prices import Price, all_prices
    from infra.costs.stack import number

    days = None if stale is None else number(stale, "--stale")
    files: dict[str, list[Price]] = {}
    for price in all_prices():
        if f"/prices/{region}/" in price.file or not region:
            files.setdefault(price.file, []).append(price)
    if not files:
        raise InputError(f"region {region!r}", "has no price files", "see infra/costs/data/prices")
    today = date.today()
    old = 0
    for file, rows in files.items():
        oldest = min((p.checked for p in rows if p.checked), default=None)
        age = (today - oldest).days if oldest else None
        if days is not None and age is not None and Decimal(age) <= days:
            continue
        old += 1
        marked = sum(bool(p.mark) for p in rows)
        said = f"{oldest} ({age} days)" if oldest else "undated"
        note = f"  {marked} unverified" if marked else ""
        typer.echo(f"{file.removeprefix('infra/costs/data/prices/'):<38}{len(rows):>4}  {said}{note}")
    if days is not None and old:
        raise typer.Exit(STALE)
