"""`breakeven report`: one HTML page that opens offline and computes as the command line does."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import console, files, options, progress
from scripts.cli.simulate import Days, TraceFile, TraceForm, with_break_even

if TYPE_CHECKING:
    from infra.costs.decide import Answer
    from infra.costs.estimate import Estimate
    from infra.costs.reports import Report
    from infra.costs.stack import Stack
    from infra.costs.tco import Tco
    from infra.simulate import Asked, Shown
    from scripts.cli.session import Inputs


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(report)


def report(
    stack: options.StackName = "dev",
    file: options.StackFile = "",
    workload: options.WorkloadFile = None,
    volume: options.Volume = None,
    peak: options.Peak = None,
    people_share: options.PeopleShare = None,
    spot_share: options.SpotShare = None,
    usage: options.UsageFile = None,
    prices: options.PriceBooks = None,
    region: options.Region = "",
    trace: TraceFile = None,
    trace_form: TraceForm = "auto",
    days: Days = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")] = Path("report.html"),
    opened: Annotated[bool, typer.Option("--open/--no-open", help="Show the page in the browser.")] = False,
) -> None:
    """Write a page with sliders: costs, break-even, sensitivity, assumptions and sources in one HTML file."""
    from scripts.cli import session

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
    check_page(out)
    asked = _asked(trace, trace_form, days)
    read, name, warnings = session.stack_of(file, stack, region)
    with progress.waiting("Computing the page"):
        made = _page(given, read, name, warnings, _command(given, stack, file), asked)
    save_page(out, made)
    console.answer({"path": str(out), "size_bytes": out.stat().st_size})
    if opened:
        typer.launch(str(out.resolve()))


def _page(
    given: "Inputs",
    stack: "Stack",
    name: str,
    warnings: tuple[str, ...],
    command: tuple[str, ...],
    asked: "Asked | None",
) -> str:
    from dataclasses import replace

    from infra.page import page, spot_variants, traffic_section
    from scripts.cli import session

    shown = session.report_of("report", name, given.price(stack), warnings)
    tco, answer, missing = _ownership(shown)
    shown = replace(shown, warnings=(*shown.warnings, *missing))
    traffic = traffic_section(_simulated(name, shown.estimate, asked)) if asked else None
    return page(shown, tco, answer, traffic=traffic, variants=spot_variants(shown.estimate), command=command)


def _asked(trace: Path | None, form: str, days: float | None) -> "Asked | None":
    """The traffic to simulate, at the workload's volume; None without a trace."""
    from infra.costs.errors import InputError

    if trace:
        from infra.simulate import Asked

        return Asked(file=trace, form=form, days=days, scaled=True)
    if days is not None or form != "auto":
        raise InputError("--days" if days is not None else "--trace-form", "there is no trace", "give one by --trace")
    return None


def _simulated(name: str, steady: "Estimate", asked: "Asked") -> "Shown":
    """The report's stack under the traffic, held against the usual objective, with its break-even."""
    from infra import simulate as work
    from scripts.cli import session

    traffic = work.trace_of(asked, steady.workload)
    group = work.simulated_group(steady.stack, steady.workload, steady.capacity, session.MODELS)
    run = work.simulate(group.settings, traffic)
    return with_break_even(work.Shown.of(name, traffic, run, work.Objective(), steady, group), group)


def _ownership(shown: "Report") -> "tuple[Tco | None, Answer | None, tuple[str, ...]]":
    """The ways over the months and the recommendation, where APIs can be compared with; else why there is none."""
    from infra.costs.decide import Candidate, Situation, decide
    from infra.costs.errors import CostError
    from infra.costs.tco import total_cost

    if not shown.comparison or not shown.comparison.offers:
        return None, None, ()
    situation = Situation.of(shown.estimate.workload)
    try:
        tco = total_cost(shown.estimate)
        if situation.unit != shown.estimate.workload.volume.unit:
            return tco, None, ()
        return tco, decide(situation, [Candidate(shown.name, shown.estimate)]), ()
    except CostError as error:
        return None, None, (f"cost over the months and a recommendation are not shown: {error}",)


def _command(given: "Inputs", stack: str, file: str) -> tuple[str, ...]:
    """The command that gives the page's figures, an option a line, without those its sliders stand for."""
    lines = [["breakeven", "estimate", file] if file else ["breakeven", "preview", "--stack", stack]]
    if given.workload:
        lines.append(["--workload", str(given.workload)])
    if given.usage:
        lines.append(["--usage", str(given.usage)])
    lines += (["--prices", str(book)] for book in given.prices)
    if file and given.region:
        lines.append(["--region", given.region])
    return tuple(map(shlex.join, lines))


def check_page(out: Path) -> None:
    """Raises InputError where a page cannot be made or written: before minutes are spent on what it would show."""
    from infra.costs.errors import InputError
    from infra.page import environment

    environment()
    if not out.parent.is_dir():
        raise InputError(str(out), "no such folder", "give a file in a folder that can be written")


def save_page(out: Path, written: str, *, err: bool = False) -> None:
    """Write a page and say so, with `err` on standard error; raises InputError."""
    files.write_whole(out, written)
    typer.echo(f"{out}: {out.stat().st_size:,} bytes", err=err)
