"""`breakeven simulate`: a stack under real or made traffic: latency, lost requests, instance-hours, the bill."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import options

if TYPE_CHECKING:
    from infra.costs.estimate import Estimate
    from infra.scaling.result import Run
    from infra.scaling.traffic import Trace
    from infra.simulate import Objective, Shown, Simulated


class Follow(StrEnum):
    """How the simulation goes."""

    AUTO = "auto"
    EXACT = "exact"
    FLUID = "fluid"


MISSED = 12
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
    from scripts.cli import session

    given = session.Inputs(
        workload=workload, volume=volume, peak=peak, usage=usage, prices=tuple(prices or ()), region=region
    )
    objective = work.Objective(seconds=latency_ms / 1000, share=share, lost=lost)
    read, name, _ = session.stack_of(file, stack, region)
    assumed = given.assumed()
    asked = work.Asked(file=trace, form=trace_form, shape=shape, days=days, scaled=volume is not None, seed=seed)
    traffic = work.trace_of(asked, assumed)
    steady = given.price(read)
    group = work.simulated_group(read, assumed, steady.capacity, session.MODELS)
    run = work.simulate(group.settings, traffic, engine=engine.value, seed=seed)
    shown = _shown(name, traffic, run, objective, steady, group)
    _write(shown, form)
    if strict and not shown.holds:
        raise typer.Exit(MISSED)


def _shown(
    name: str,
    traffic: "Trace",
    run: "Run",
    objective: "Objective",
    steady: "Estimate",
    group: "Simulated",
) -> "Shown":
    """The run with its bill beside that of the average rule, both at the traffic's volume."""
    from infra import simulate as work

    priced = work.billed(steady, group.group.name, [run])
    return work.Shown(
        name=name,
        trace=traffic,
        run=run,
        objective=objective,
        steady=steady.again(workload=priced.workload),
        priced=priced,
        notes=tuple(dict.fromkeys((*traffic.notes, *group.notes))),
    )


def _write(shown: "Shown", form: options.Format) -> None:
    from infra import simulate as work
    from scripts.cli import session

    session.tell(
        form,
        text=lambda: work.simulation_text(shown, session.painter()),
        markdown=lambda: work.simulation_markdown(shown),
        document=lambda: work.simulation_document(shown),
    )
