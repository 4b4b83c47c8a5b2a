"""`breakeven prices`: every price file with its age; `breakeven prices refresh`: current prices into a price book."""

from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.cli import console, progress
from scripts.cli.exit_codes import ExitCode
from scripts.cli.verb import App, VerbGroup

if TYPE_CHECKING:
    from infra.account.price_list_diff import Change
    from infra.account.price_list_region import RegionPrices
    from infra.costs.prices import PriceFile


def add_to(app: typer.Typer) -> None:
    """Add the verb and the one below it."""
    group = App(invoke_without_command=True, rich_markup_mode=None, cls=VerbGroup)
    group.callback()(prices)
    group.command()(refresh)
    app.add_typer(group, name="prices")


def prices(
    context: typer.Context,
    stale: Annotated[str | None, typer.Option("--stale", help="Only what is older than so many days; code 4.")] = None,
    region: Annotated[str, typer.Option("--region", help="Only this region.")] = "",
) -> None:
    """List price files: how many prices, how old the oldest is, how many have no public source."""
    from infra.costs.errors import InputError
    from infra.costs.numbers import number
    from infra.costs.prices import price_files
    from infra.costs.regions import nearest_region

    if context.invoked_subcommand:
        return
    days = None if stale is None else number(stale, "--stale")
    files = [f for f in price_files() if not region or f"/{region}/" in f.file]
    if not files:
        raise InputError(
            f"region {region!r}", f"has no price files{nearest_region(region)}", "see infra/costs/data/prices"
        )
    today = date.today()
    old = [f for f in files if days is None or f.undated or (f.checked and (today - f.checked[0]).days > days)]
    if not console.answer([_document(found, today) for found in old]):
        for found in old:
            _show(found, today)
    if days is not None and old:
        raise typer.Exit(ExitCode.PRICE)


def _show(found: "PriceFile", today: date) -> None:
    age = f"{found.checked[0]} ({(today - found.checked[0]).days} days)" if found.checked else "undated"
    unverified = f"  {found.unverified} unverified" if found.unverified else ""
    typer.echo(f"{found.file.removeprefix('prices/'):<38}{found.count:>6}  {age}{unverified}")


def _document(found: "PriceFile", today: date) -> dict[str, Any]:
    return {
        "file": found.file,
        "prices": found.count,
        "oldest": found.checked[0].isoformat() if found.checked else None,
        "age_days": (today - found.checked[0]).days if found.checked else None,
        "unverified": found.unverified,
    }


def refresh(
    region: Annotated[list[str], typer.Option("--region", help="Region to ask for; may be repeated.")],
    service: Annotated[
        list[str] | None,
        typer.Option("--service", help="Only this price file (ec2_on_demand), or ec2 for all of them."),
    ] = None,
    machine: Annotated[
        list[str] | None, typer.Option("--type", help="Only this instance type, of those that have one.")
    ] = None,
    spot: Annotated[bool, typer.Option("--spot", help="Spot prices of the last 7 days too.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write a price book for --prices.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --out.")] = False,
    check: Annotated[str | None, typer.Option("--check", help="Code 4 when a price differs by more percent.")] = None,
    profile: Annotated[str, typer.Option("--profile", help="Profile of the AWS configuration.")] = "",
) -> None:
    """Ask the AWS Price List for current prices, show what differs from the shipped ones, write a price book."""
    from infra.account.calls import home
    from infra.account.price_list_book import book_text, refuse_present, write_book
    from infra.account.price_list_diff import changes, diff_text
    from infra.account.price_list_region import chosen_files, read_region
    from infra.costs.numbers import number

    limit = None if check is None else number(check, "--check")
    if out:
        refuse_present(out, force)
    files, account = chosen_files(service or ()), home(profile)
    with progress.waiting("Reading the Price List"):
        found = [read_region(account, r, files, tuple(machine or ()), spot) for r in dict.fromkeys(region)]
    compared = [change for one in found for change in changes(one)]
    typer.echo(diff_text(compared), nl=False)
    for one in found:
        _say_left(one)
    if out:
        write_book(out, book_text(found, date.today()), force)
        typer.echo(f"wrote {out}: {sum(one.count for one in found)} prices; use it with --prices {out}")
    console.answer(_refreshed(found, compared, out))
    if limit is not None and any(change.exceeds(limit) for change in compared):
        raise typer.Exit(ExitCode.PRICE)


def _refreshed(found: "list[RegionPrices]", compared: "list[Change]", out: Path | None) -> dict[str, Any]:
    """Every price that differs, with its amounts by tier, and what was not refreshed, by region."""
    changes = [
        {"region": one.region, "key": one.key, "old": list(map(str, one.old)), "new": list(map(str, one.new))}
        for one in compared
        if one.old != one.new
    ]
    return {
        "prices": sum(one.count for one in found),
        "changes": changes,
        "not_refreshed": {one.region: dict(one.left) for one in found},
        "out": str(out) if out else None,
    }


def _say_left(found: "RegionPrices") -> None:
    """Name what was not refreshed, by reason."""
    from infra.costs.reports.text import COLUMNS

    reasons: dict[str, list[str]] = {}
    for key, reason in sorted(found.left.items()):
        reasons.setdefault(reason, []).append(key)
    for reason, keys in sorted(reasons.items()):
        text = f"not refreshed in {found.region} ({reason}): {', '.join(keys)}"
        for line in wrap(text, COLUMNS, subsequent_indent="  ", break_on_hyphens=False):
            typer.echo(line)
