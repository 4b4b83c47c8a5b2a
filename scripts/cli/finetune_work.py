"""What `breakeven finetune` does: check, train here or on a stack, tell, cost, register."""

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from scripts.cli import console, options
from scripts.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from serving.finetune import Data, Job

PACKAGES: Final = ("torch", "transformers", "peft", "accelerate", "pyarrow")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says beside the job itself."""

    form: options.Format
    register: bool
    even_if_worse: bool
    canary: int | None
    cost: bool
    assumptions: bool
    stack: str
    workload: Path | None
    prices: tuple[Path, ...]
    goal: str | None
    compiled: bool
    fresh: bool
    check: bool
    on: str | None
    instance_types: tuple[str, ...]
    max_hours: int
    hours: str
    yes: bool


def job(
    model: str,
    data: Path | None,
    method: str,
    *,
    labels: Path | None,
    answers: Path | None,
    curve: str,
    licence: str,
    columns: Mapping[str, str],
    given: Mapping[str, Any],
) -> "Job":
    """The job; its folder of work has the digest of all that decides the training, so that a second call goes on.

    Raises InputError.
    """
    from dataclasses import replace

    from serving.errors import InputError

    _check_packages()
    if not model:
        raise InputError("MODEL", "not given", "name a folder of serving/models")
    from serving.archive import CACHE, STORE
    from serving.finetune import Columns, Job, Method, digest, settings
    from serving.model import find

    if data is None:
        raise InputError("DATA", "not given", "name a file or folder of labelled examples")
    if not data.exists():
        raise InputError(str(data), "no such file or folder", "check the path")
    found = find(model)
    made = Job(
        model=found,
        files=found.files(CACHE),
        data=data,
        settings=settings(Method(method), **given),
        work=STORE,
        result=STORE,
        columns=Columns(**columns),
        labels=labels,
        answers=answers,
        curve=_sizes(curve),
        licence=licence,
    )
    place = STORE / "finetune" / f"{found.name}-{digest(made)}"
    return replace(made, work=place / "work", result=place / "result")


def work(job: "Job", asked: Asked) -> int:
    """Everything after the arguments; the exit code."""
    from serving.finetune import checked
    from serving.finetune.trouble_table import table

    data = checked(job)
    if asked.form is options.Format.JSON and (asked.check or data.stops):
        console.answer({"data": _findings(data)})
    elif asked.form is not options.Format.JSON:
        typer.echo(table(data.findings))
    if data.stops:
        print(f"breakeven: {job.data}: cannot be trained on as it is; mend what stops above", file=sys.stderr)
        return ExitCode.INPUT
    if asked.check:
        return 0
    folder = _trained(job, data, asked)
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    report: dict[str, Any] = {"data": _findings(data), "outcome": scores, "folder": str(folder)}
    if asked.form is not options.Format.JSON:
        typer.echo("\n" + (folder.parent / "report.txt").read_text(encoding="utf-8"))
    if asked.cost:
        report["cost"] = _cost_or_reason(job, data, scores, asked)
    code = _registered(job, folder, scores, asked, report) if asked.register else _kept(folder)
    if asked.form is options.Format.JSON:
        console.answer(report)
    return code


def _check_packages() -> None:
    from importlib.util import find_spec

    from serving.errors import InputError

    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise InputError("finetune", f"{', '.join(missing)} not installed", "pip install -e '.[finetune]'")


def _sizes(curve: str) -> tuple[int, ...]:
    from serving.errors import InputError

    try:
        sizes = tuple(int(part.replace("_", "")) for part in curve.split(",") if part.strip())
    except ValueError:
        raise InputError("--curve", f"{curve!r} is no list of numbers", "write 50,200,1000") from None
    if any(size < 1 for size in sizes):
        raise InputError("--curve", f"{curve!r} has a number below 1", "write 50,200,1000")
    return sizes


def _trained(job: "Job", data: "Data", asked: Asked) -> Path:
    """The new version's folder: of an earlier run that came to its end, or trained now."""
    from serving.finetune import run

    if asked.fresh:
        shutil.rmtree(job.work.parent, ignore_errors=True)
    folder = job.result / job.model.name
    if asked.on:
        return _remote(job, asked)
    if (folder / "card.md").is_file():
        console.note(f"Trained before: {folder} (--fresh trains again)")
        return folder
    try:
        return run(job, data, console.note).folder
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command goes on from the last checkpoint.", err=True)
        raise


def _remote(job: "Job", asked: Asked) -> Path:
    from infra.costs.numbers import number
    from scripts.cli import finetune_remote
    from serving.finetune.packed import pack

    carried = job.work.parent / "job"
    if not carried.exists():
        pack(job, carried)
    result = finetune_remote.run(
        carried,
        stack=asked.on or "",
        instance_types=list(asked.instance_types),
        max_hours=asked.max_hours,
        hours=number(asked.hours, "--hours"),
        yes=asked.yes,
    )
    return result / job.model.name


def _cost_or_reason(job: "Job", data: "Data", scores: Mapping[str, Any], asked: Asked) -> Any:
    """What it costs; a price that is missing must not cost the training, too."""
    from infra.costs.errors import CostError

    try:
        return _cost(job, data, scores, asked)
    except CostError as error:
        print(f"breakeven: no costs: {error}", file=sys.stderr)
        return None


def _cost(job: "Job", data: "Data", scores: Mapping[str, Any], asked: Asked) -> Any:
    from infra.costs.numbers import number
    from scripts.cli import finetune_cost
    from scripts.cli import finetune_figures as figures

    goal = number(asked.goal, "--goal") if asked.goal else None
    said = finetune_cost.answer(
        figures.training(job, data, scores, asked.instance_types[:1] if asked.on else (), spot=bool(asked.on)),
        figures.quality(data, scores, goal),
        stack=asked.stack,
        workload=asked.workload,
        prices=list(asked.prices),
        form=asked.form,
        whole=asked.assumptions,
        model=job.model.name if (job.model.home / "capacity.toml").is_file() else "",
    )
    if asked.form is options.Format.JSON:
        return json.loads(said)
    typer.echo(said)
    return None


def _registered(job: "Job", folder: Path, scores: Mapping[str, Any], asked: Asked, report: dict[str, Any]) -> int:
    """Add the version and roll it out, unless it is not better and nobody said to do it all the same."""
    from scripts.cli.rollout import rollout
    from serving import versions

    against = scores["current"] or scores["commonest"]
    if scores["verdict"] == "worse" and not asked.even_if_worse:
        difference = against["difference"]
        print(
            f"breakeven: {job.model.name}: not registered, since it is not better than {against['name']} "
            f"({difference['value']:+.3f} macro F1, {difference['low']:+.3f} to {difference['high']:+.3f}); "
            f"see {folder}/card.md, or add --even-if-worse",
            file=sys.stderr,
        )
        return ExitCode.NOT_BETTER
    value = scores["macro_f1"]
    note = f"{job.settings.method}, {job.data.name}: macro F1 {value['value']:.3f}"
    added = versions.add(job.model.home, folder, parent=job.model.version, note=note)
    report["version"] = added.number
    if asked.form is not options.Format.JSON:
        typer.echo(f"Version {added.number} of {job.model.name}: {added.folder}")
    shutil.rmtree(job.work.parent)
    _rolled_out(rollout, job.model.name, added.number, asked)
    return ExitCode.FINE


def _rolled_out(rollout: Any, model: str, number: str, asked: Asked) -> None:
    """As the verb `rollout` does."""
    if asked.canary is None:
        rollout(model, number, compiled=asked.compiled)
    else:
        rollout(model, number, canary=asked.canary, stack=asked.stack, compiled=asked.compiled)


def _kept(folder: Path) -> int:
    console.note(f"Not registered: {folder}")
    return ExitCode.FINE


def _findings(data: "Data") -> list[dict[str, Any]]:
    return [{**asdict(finding), "level": finding.level.value} for finding in data.findings]
