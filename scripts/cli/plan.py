"""`breakeven plan`: the cheapest settings that hold an objective under traffic, found by simulation."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli import console, files, options
from scripts.cli.exit_codes import ExitCode
from scripts.cli.simulate import Days, GoodShare, LatencyMs, LostShare, ShapeName, TraceFile, TraceForm


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(plan)


def plan(
    stack: options.StackName = "dev",
    trace: TraceFile = None,
    trace_form: TraceForm = "auto",
    shape: ShapeName = "",
    days: Days = None,
    latency_ms: LatencyMs = 500.0,
    share: GoodShare = 0.999,
    lost: LostShare = 0.0,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this instance type; may be given again.")
    ] = None,
    write: Annotated[Path | None, typer.Option("--write", help="Also write the settings as a stack file.")] = None,
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Search the settings of a stack for the cheapest that hold an objective under traffic."""
    from infra import simulate as work
    from infra.choose import Base
    from infra.costs.prices import PriceBook
    from infra.costs.usage import Usage
    from infra.record import read_config
    from scripts.cli import session

    assumed = session.Inputs(workload=workload, volume=volume, peak=peak).assumed()
    objective = work.Objective(seconds=latency_ms / 1000, share=share, lost=lost)
    asked = work.Asked(file=trace, form=trace_form, shape=shape, days=days, scaled=volume is not None)
    traffic = work.trace_of(asked, assumed)
    base = Base.of(
        read_config(stack, session.ROOT),
        assumed.at_volume(work.volume_in(traffic, assumed)),
        usage=Usage.read(usage) if usage else None,
        book=PriceBook(tuple(prices or ())),
    )
    found = work.plan(base, traffic, objective, only=tuple(types or ()), say=console.note)
    project = base.config.project
    session.tell(
        form,
        text=lambda: work.plan_text(found, f"stack {stack}", project, session.painter()),
        markdown=lambda: work.plan_markdown(found, f"stack {stack}", project),
        document=lambda: work.plan_document(found, f"stack {stack}"),
    )
    if found.planned is None:
        raise typer.Exit(ExitCode.MISSED)
    if write:
        _write(write, work.stack_file(base.config.values, found.planned, project))


def _write(path: Path, text: str) -> None:
    files.write_whole(path, text)
    console.note(f"{path}: written")
