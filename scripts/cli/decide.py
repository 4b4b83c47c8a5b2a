"""`breakeven decide`: host it or pay for an API, from flags, a file, or questions on a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.cli import live, options

if TYPE_CHECKING:
    from infra.costs.decide import Situation
    from infra.costs.workload import Workload
    from scripts.cli.session import Inputs

Stacks = Annotated[
    list[str] | None, typer.Option("--stack", "-s", help="A way to host: Pulumi.<stack>.yaml; again for more (all).")
]
Text = str | None
STACKS = ("small", "dev", "prod")


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(decide)


def decide(
    file: Annotated[Path | None, typer.Option("--file", "-f", help="The situation, TOML: key = value.")] = None,
    task: Annotated[Text, typer.Option(help="image-labels, sentiment, document-text, text-generation, custom.")] = None,
    volume: Annotated[Text, typer.Option(help="Units a month.")] = None,
    growth: Annotated[Text, typer.Option(help="Growth from month to month (0.03: 3 %).")] = None,
    peak: Annotated[Text, typer.Option(help="Busiest minute over the average one.")] = None,
    hours: Annotated[Text, typer.Option(help="Hours a day in which requests come.")] = None,
    idle: Annotated[Text, typer.Option(help="Share of the open hours in which nobody calls.")] = None,
    latency: Annotated[Text, typer.Option(help="Slowest answer accepted, ms; 0: minutes are fine.")] = None,
    data: Annotated[Text, typer.Option(help="May data go to an API: yes, vetted, no.")] = None,
    customisation: Annotated[Text, typer.Option(help="none, fine-tune, full-control.")] = None,
    engineers: Annotated[Text, typer.Option(help="People who can run it; 0: nobody.")] = None,
    people_share: Annotated[Text, typer.Option(help="Part of each one's time (0 to 1).")] = None,
    salary_region: Annotated[Text, typer.Option(help="Where they are paid: us, europe.")] = None,
    importance: Annotated[Text, typer.Option(help="main (business), supporting (feature).")] = None,
    availability: Annotated[Text, typer.Option(help="Availability that must be promised, per cent.")] = None,
    response: Annotated[Text, typer.Option(help="Hours within which somebody must be at work on a failure.")] = None,
    repair: Annotated[Text, typer.Option(help="Who repairs it: own, someone-else.")] = None,
    budget: Annotated[Text, typer.Option(help="USD a month that may be spent, people included.")] = None,
    tried: Annotated[
        Text,
        typer.Option(help="untried, works, too-expensive, poor, poor-after-data, poor-after-provider, model-works."),
    ] = None,
    other: Annotated[
        list[str] | None, typer.Option("--set", help="Any other value as KEY=VALUE (docs/decide.md); again for more.")
    ] = None,
    stack: Stacks = None,
    workload: options.WorkloadFile = None,
    prices: options.PriceBooks = None,
    ask: Annotated[bool, typer.Option("--ask/--no-ask", help="Ask on a terminal for what was not given.")] = True,
    form: options.OutputFormat = options.Format.TEXT,
    project: live.Project = None,
) -> None:
    """Recommend hosting or an API, with the numbers, what would change it, and what is not known."""
    flags = {
        "task": task,
        "volume_per_month": volume,
        "growth_per_month": growth,
        "peak_to_average": peak,
        "hours_open_per_day": hours,
        "idle_share": idle,
        "latency_ms": latency,
        "data_may_leave": data,
        "customisation": customisation,
        "engineers": engineers,
        "people_share": people_share,
        "salary_region": salary_region,
        "importance": importance,
        "availability_percent": availability,
        "response_hours": response,
        "repair": repair,
        "budget_per_month": budget,
        "tried": tried,
    }
    from scripts.cli import session

    given = {key: value for key, value in flags.items() if value is not None} | _others(other or [])
    base = session.read_workload(workload, None)
    situation = _situation(given, file, base, ask)
    given_files = session.Inputs(workload=workload, prices=tuple(prices or ()))
    _answer(situation, list(dict.fromkeys(stack or STACKS)), given_files, form, live.folder(project))


def _others(pairs: list[str]) -> dict[str, str]:
    from infra.costs.errors import InputError

    found = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise InputError(f"--set {pair}", "no value" if key.strip() else "no key", "write KEY=VALUE")
        found[key.strip()] = value
    return found


def _situation(given: dict[str, str], file: Path | None, base: "Workload", ask: bool) -> "Situation":
    """Defaults of the workload, then the file, then what the command line says, then answers on a terminal."""
    import sys
    from dataclasses import replace

    from infra.costs.decide import UNITS, Situation, parsed
    from infra.costs.errors import InputError
    from infra.costs.prices import read_toml
    from scripts.cli.questions import asked

    start = Situation.of(base)
    known = Situation.read(file, start) if file else start
    known = replace(known, **{key: parsed(f"decide {key}", key, value) for key, value in given.items()})
    if ask and not file and sys.stdin.isatty():
        return asked(known, set(given))
    counted = base.volume.unit
    if counted not in UNITS.values() and "task" not in given and not (file and "task" in read_toml(file)):
        raise InputError(f"{base.source} [volume] unit", f"no task is counted in {counted!r}", "say which: --task")
    return known


def _answer(situation: "Situation", stacks: list[str], given: "Inputs", form: options.Format, project: Path) -> None:
    import gc

    from infra.costs.decide import decide as decided
    from infra.costs.reports.decide import answer_document, decide_markdown, decide_text
    from scripts.cli import session
    from scripts.cli.hosting import candidates

    hosts = candidates(situation, stacks, given, project)
    # What is loaded by now stays: a collection that looked through it would take longer than many an answer.
    gc.freeze()
    answer = decided(situation, hosts)
    session.tell(
        form,
        text=lambda: decide_text(answer, session.painter()),
        markdown=lambda: decide_markdown(answer),
        document=lambda: answer_document(answer),
    )
