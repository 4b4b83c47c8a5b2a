"""`breakeven simulate`: a stack under real or made traffic: latency, lost requests, instance-hours, the bill."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console, options, progress
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.simulate import Shown, Simulated


class Follow(StrEnum):
    """How the simulation goes."""

    AUTO = "auto"
    EXACT = "exact"
    FLUID = "fluid"


TraceFile = Annotated[
    Path | None, typer.Option("--trace", "-t", help="CSV, Parquet, ALB access logs (a folder, too), CloudWatch export.")
]
TraceForm = Annotated[str, typer.Option("--trace-form", help="What the file is, where it is not recognised.")]
ShapeName = Annotated[str, typer.Option("--shape", help="Made traffic, not a file: daily, bursts, daily*growth.")]
Days = Annotated[float | None, typer.Option("--days", min=0.001, help="Cut or repeat the traffic to so many days.")]
LatencyMs = Annotated[float, typer.Option("--latency-ms", min=1, help="Objective: answered within so long ...")]
GoodShare = Annotated[float, typer.Option("--share", help="... for this share of all requests.")]
LostShare = Annotated[float, typer.Option("--lost", help="Share of requests that may be lost.")]
Seed = Annotated[int, typer.Option("--seed", help="Of everything that is drawn: the same seed gives the same run.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(simulate)


def simulate(
    stack: options.StackName = "dev",
    file: options.StackFile = "",
    trace: TraceFile = None,
    trace_form: TraceForm = "auto",
    shape: ShapeName = "",
    days: Days = None,
    engine: Annotated[Follow, typer.Option("--engine", help="Every request, or a flow in steps.")] = Follow.AUTO,
    latency_ms: LatencyMs = 500.0,
    share: GoodShare = 0.999,
    lost: LostShare = 0.0,
    break_even: Annotated[
        bool, typer.Option("--break-even", help="And at which volumes it pays, with bursts.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Also write an HTML page with charts.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 12 when the objective is missed.")] = False,
    seed: Seed = 0,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Simulate a stack's group under traffic, before it costs money."""
    from infra import simulate as work
    from scripts.cli import report, session

    given = session.Inputs(
        workload=workload, volume=volume, peak=peak, usage=usage, prices=tuple(prices or ()), region=region
    )
    objective = work.Objective(seconds=latency_ms / 1000, share=share, lost=lost)
    if out:
        report.check_page(out)
    read, name, _ = session.stack_of(file, stack, region)
    assumed = given.assumed()
    asked = work.Asked(file=trace, form=trace_form, shape=shape, days=days, scaled=volume is not None, seed=seed)
    traffic = work.trace_of(asked, assumed)
    steady = given.price(read)
    group = work.simulated_group(read, assumed, steady.capacity, session.MODELS)
    with progress.waiting("Simulating"):
        run = work.simulate(group.settings, traffic, engine=engine.value, seed=seed)
    shown = work.Shown.of(name, traffic, run, objective, steady, group)
    shown = with_break_even(shown, group) if break_even else shown
    _write(shown, form)
    if out:
        from infra.page import traffic_page

        report.save_page(out, traffic_page(shown), err=True)
    if strict and not shown.holds:
        raise typer.Exit(ExitCode.MISSED)


def with_break_even(shown: "Shown", group: "Simulated") -> "Shown":
    """The same with the break-even over the volume, steady and with the traffic's bursts; progress on stderr."""
    from infra import simulate as work
    from infra.costs.bursts import WithBursts

    bursts = work.with_bursts(shown.steady, group, shown.trace, shown.objective, console.note)
    return replace(shown, break_even=WithBursts.of(shown.steady, bursts))


def _write(shown: "Shown", form: options.Format) -> None:
    from infra import simulate as work
    from scripts.cli import session

    session.tell(
        form,
        text=lambda: work.simulation_text(shown, session.painter()),
        markdown=lambda: work.simulation_markdown(shown),
        document=lambda: work.simulation_document(shown),
    )
