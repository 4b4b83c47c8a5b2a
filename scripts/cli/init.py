"""`breakeven init`: five questions, a stack's settings and a workload with a reason for every line, and the preview."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.cli import completion, console, live, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from infra.costs.reports import Report
    from infra.init import Answers, Chosen, Question

Text = str | None


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(init)


def init(
    stack: Annotated[str, typer.Option("--stack", "-s", help="Name of the new stack: Pulumi.<stack>.yaml.")] = "mine",
    task: Annotated[Text, typer.Option(help="image-labels, sentiment, text-embedding, text-generation.")] = None,
    volume: Annotated[Text, typer.Option(help="Images or texts a month.")] = None,
    latency_ms: Annotated[Text, typer.Option(help="Latency that 99 of 100 requests should stay under, ms.")] = None,
    region: Annotated[Text, typer.Option(help="AWS region of everything.")] = None,
    data_rules: Annotated[
        Text, typer.Option(help="none, region, eu, us, personal; several with commas (docs/init.md).")
    ] = None,
    model: Annotated[
        str,
        typer.Option("--model", help="This model, in place of the task's cheapest.", autocompletion=completion.models),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: defaults for what is not given.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the files if they are there.")] = False,
    prices: options.PriceBooks = None,
    form: options.OutputFormat = options.Format.TEXT,
    project: live.Project = None,
) -> None:
    """Write the settings and the workload of a new stack from five answers, and show what it would cost."""
    from infra import init as work

    folder = live.folder(project)
    work.refuse_name(stack)
    files = folder / f"Pulumi.{stack}.yaml", work.workload_path(folder, stack)
    work.refuse_present(files, force=force)
    texts = {"task": task, "volume": volume, "latency_ms": latency_ms, "region": region, "data_rules": data_rules}
    if model:
        texts["task"] = task or work.task_of(model)
    answers = _answers({key: text for key, text in texts.items() if text is not None}, folder, model, yes)
    chosen = _choose(answers, folder, prices or [])
    _write(answers, chosen, stack, files, force)
    for file in files:
        console.note(f"{_shown(file)}: written")
    _preview(answers, chosen, stack, files, prices or [], form)


def _answers(given: Mapping[str, str], folder: Path, model: str, yes: bool) -> "Answers":
    """What the options say, then what a terminal answers, then the defaults."""
    from infra import init as work

    values = {key: work.parsed(key, text, f"--{key.replace('_', '-')}") for key, text in given.items()}
    questions = work.questions(folder, values.get("data_rules", ()))
    open_ones = [question for question in questions if question.key not in values]
    if not yes and sys.stdin.isatty():
        return work.Answers.of(_asked(open_ones, values, folder, model), frozenset(q.key for q in questions), model)
    if open_ones and not yes:
        taken = "; ".join(f"{question.key} {question.default}" for question in open_ones)
        console.note(f"Nobody can be asked here, so by default: {taken}")
    values |= {one.key: work.parsed(one.key, one.default, one.key) for one in open_ones}
    return work.Answers.of(values, frozenset(given), model)


def _asked(open_ones: Sequence["Question"], known: Mapping[str, Any], folder: Path, model: str) -> Mapping[str, Any]:
    """The known values and an answer to each open question; each answer must go with those that somebody gave."""
    from infra import init as work
    from infra.costs.errors import InputError

    if open_ones:
        console.note("Enter keeps what stands in brackets; nothing is written before the last answer.")
    values = dict(known)
    for question in open_ones:
        # A region that was just answered may be answered again: it does not bind the rules for the data.
        binding = {key: value for key, value in values.items() if key != "region" or key in known}
        values[question.key] = _answer(question, binding, model)
    try:
        work.refuse_outside(values["data_rules"], values["region"])
    except InputError as error:
        if "region" in known:
            raise
        typer.echo(f"  {error}", err=True)
        (again,) = (one for one in work.questions(folder, values["data_rules"]) if one.key == "region")
        values["region"] = _answer(again, {"data_rules": values["data_rules"]}, model)
    return values


def _answer(question: "Question", known: Mapping[str, Any], model: str) -> Any:
    from infra import init as work
    from scripts.cli.questions import answered

    def read(text: str) -> Any:
        return work.fitting(question.key, known, text, model)

    return answered(question.key, question.about, question.one_of, question.default, read, "--yes")


def _choose(answers: "Answers", folder: Path, prices: Sequence[Path]) -> "Chosen":
    from infra import init as work
    from infra.costs.prices import PriceBook
    from scripts.cli import progress

    with progress.waiting("Choosing instances"):
        return work.choose(answers, project=folder, book=PriceBook(tuple(prices)))


def _write(answers: "Answers", chosen: "Chosen", stack: str, files: tuple[Path, Path], force: bool) -> None:
    from infra import init as work

    settings, workload = files
    project, declared = work.declared(settings.parent)
    texts = {
        settings: work.stack_document(answers, chosen, stack, project, declared),
        workload: work.workload_document(answers, chosen, stack),
    }
    work.write(texts, force=force, check=partial(work.read_back, stack, settings.parent))


def _preview(
    answers: "Answers",
    chosen: "Chosen",
    stack: str,
    files: tuple[Path, Path],
    prices: Sequence[Path],
    form: options.Format,
) -> None:
    """The ordinary preview, from the files as they were written."""
    from scripts.cli import program, session

    settings, workload = files
    recorded, warnings = program.recorded(stack, project=settings.parent)
    priced = session.Inputs(workload=workload, prices=tuple(prices)).price(recorded)
    report = session.report_of("preview", f"stack {stack}", priced, warnings)
    if form is options.Format.JSON:
        console.answer(_document(answers, chosen, stack, files, report))
    else:
        session.write(report, form)
    _next(stack, settings.parent, workload)
    missing = sum(row.exit_code == ExitCode.PRICE for row in priced.unpriced)
    if missing:
        region = answers.region
        way = f"breakeven prices refresh --region {region} --out prices.toml, then add --prices prices.toml"
        print(f"breakeven: region {region}: {missing} resources have no price; {way}", file=sys.stderr)
        raise typer.Exit(ExitCode.PRICE)


def _document(
    answers: "Answers", chosen: "Chosen", stack: str, files: tuple[Path, Path], report: "Report"
) -> dict[str, Any]:
    """What was answered, chosen and written, and the preview as `breakeven preview --json` gives it."""
    import json

    from infra.costs.reports import as_json

    settings, workload = files
    return {
        "stack": stack,
        "files": {"settings": str(settings), "workload": str(workload)},
        "answers": answers.document,
        "chosen": {
            "model": chosen.answer.model,
            "instance_type": chosen.found.option.instance_type,
            "options_priced": chosen.answer.searched,
            "priced_in": chosen.priced_in,
        },
        "preview": json.loads(as_json(report)),
    }


def _next(stack: str, folder: Path, workload: Path) -> None:
    from scripts.cli.session import ROOT

    there = "" if folder.resolve() == ROOT else f" --project {_shown(folder)}"
    console.note(
        f"Change any line and look again: breakeven preview --stack {stack} --workload {_shown(workload)}{there}"
    )


def _shown(path: Path) -> str:
    """A path as it can be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
