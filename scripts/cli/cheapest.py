"""`breakeven cheapest`: the instance type, purchase mix, entry and way out that hold a workload for the least."""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import completion, console, options, progress
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.choose import Goal

SHOWN = 6
WORDS = {"allowed": 1, "never": 0}


class Commitment(StrEnum):
    """How long one is ready to commit."""

    NONE = "none"
    ONE_YEAR = "1_year"
    THREE_YEARS = "3_year"


class Entry(StrEnum):
    """The public entry."""

    HTTP = "http"
    REST = "rest"


class Egress(StrEnum):
    """The instances' way out."""

    PUBLIC = "public"
    ENDPOINTS = "endpoints"
    NAT = "nat"
    NAT_PER_ZONE = "nat-per-zone"


Stack = Annotated[
    str,
    typer.Option(
        "--stack",
        "-s",
        envvar="BREAKEVEN_STACK",
        help="Pulumi.<stack>.yaml, for everything that is not chosen.",
        autocompletion=completion.stacks,
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model", help="Folder under serving/models, in place of the stack's.", autocompletion=completion.models
    ),
]
Place = Annotated[str, typer.Option("--region", help="Region, in place of the stack's.")]
LatencyMs = Annotated[str | None, typer.Option("--latency-ms", help="p99 an instance must hold, in milliseconds.")]
Zones = Annotated[int, typer.Option("--zones", min=1, max=6, help="Zones that serve from the start.")]
Spot = Annotated[str, typer.Option("--spot", help="allowed, never, or the largest share of spot (0 to 1).")]
Term = Annotated[Commitment, typer.Option("--commitment", help="The longest reservation to consider.")]
Entries = Annotated[list[Entry] | None, typer.Option("--entry", help="Only this entry; may be given again.")]
Ways = Annotated[list[Egress] | None, typer.Option("--egress", help="Only this way out; may be given again.")]
Most = Annotated[int, typer.Option("--max-candidates", min=1, help="Options to show.")]
AllTypes = Annotated[bool, typer.Option("--all-types", help="Name the types whose capacity is not known.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(cheapest)


def cheapest(
    stack: Stack = "dev",
    model: Model = "",
    region: Place = "",
    latency_ms: LatencyMs = None,
    zones: Zones = 1,
    spot: Spot = "allowed",
    commitment: Term = Commitment.NONE,
    entry: Entries = None,
    egress: Ways = None,
    most: Most = SHOWN,
    all_types: AllTypes = False,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    people_share: options.PeopleShare = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Find the cheapest stack for a workload and a latency goal."""
    from infra import choose
    from infra.costs.prices import PriceBook
    from infra.costs.usage import Usage
    from infra.record import read_config
    from scripts.cli import session

    assumed = session.Inputs(workload=workload, volume=volume, peak=peak, people_share=people_share).assumed()
    goal = _goal(latency_ms, zones, spot, commitment, entry, egress)
    base = choose.Base.of(
        read_config(stack, session.ROOT),
        assumed,
        model=model,
        region=region,
        usage=Usage.read(usage) if usage else None,
        book=PriceBook(tuple(prices or ())),
    )
    with progress.waiting("Pricing the options"):
        answer = choose.cheapest(base, goal)
    shown = choose.Shown(project=base.config.project, most=most, all_types=all_types)
    console.report(choose.written(answer, shown, form.value, session.painter()))
    if answer.winner is None:
        typer.echo(f"breakeven: {choose.nothing(answer)}", err=True)
        codes = [] if answer.found else [row.code for row in answer.ruled_out]
        raise typer.Exit(max(codes, default=ExitCode.INPUT))


def _goal(
    latency_ms: str | None,
    zones: int,
    spot: str,
    commitment: Commitment,
    entry: list[Entry] | None,
    egress: list[Egress] | None,
) -> "Goal":
    from infra.choose import Goal

    return Goal(
        latency_ms=_milliseconds(latency_ms),
        zones=zones,
        most_spot=_most_spot(spot),
        commitment="" if commitment is Commitment.NONE else commitment.value,
        entries=tuple(dict.fromkeys(one.value for one in entry or Entry)),
        egresses=tuple(dict.fromkeys(one.value for one in egress or Egress)),
    )


def _milliseconds(text: str | None) -> Decimal | None:
    """The latency goal, within what the objective's alarm takes."""
    from infra.choose import MOST_MS
    from infra.costs.numbers import number
    from scripts.cli import session

    if text is None:
        return None
    return session.within("--latency-ms", number(text, "--latency-ms"), 1, MOST_MS)


def _most_spot(text: str) -> Fraction:
    """The largest share of spot; AWS takes whole per cent."""
    from infra.costs.errors import InputError
    from infra.costs.numbers import number
    from scripts.cli import session

    if text in WORDS:
        return Fraction(WORDS[text])
    share = Fraction(session.within("--spot", number(text, "--spot"), 0, 1))
    if (share * 100).denominator != 1:
        raise InputError("--spot", f"{text} is not a whole per cent", "give allowed, never or 0.35, for example")
    return share
