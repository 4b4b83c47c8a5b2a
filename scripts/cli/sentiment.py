"""`breakeven sentiment`: the sentiment of every document below a folder."""

import json
import os
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.cli import console, live
from scripts.cli.exit_codes import ExitCode
from scripts.cli.predict import Proof

if TYPE_CHECKING:
    from serving.documents import Limits, Results
    from serving.documents.summary import Summary


class EngineName(StrEnum):
    """How the work is spread."""

    PROCESSES = "processes"
    RAY = "ray"
    STACK = "stack"


class OcrName(StrEnum):
    """What reads pictures of text."""

    AUTO = "auto"
    RAPIDOCR = "rapidocr"
    TESSERACT = "tesseract"
    OFF = "off"


Folder = Annotated[Path, typer.Argument(help="All folders in it are searched.")]
Types = Annotated[
    str, typer.Option("--types", help="Document types, with commas: pdf,word,txt (default: every type there is).")
]
ResultsFile = Annotated[
    Path | None,
    typer.Option("--results", "-o", help="Rows go here: .jsonl or .parquet (default: JSON lines on standard output)."),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="With --resume: do those again that failed.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on after a stop, with what is in --results already.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes (default: one per core).")]
Engine = Annotated[
    EngineName, typer.Option("--engine", help="Processes here, a Ray cluster, or the queue of a deployed --stack.")
]
Endpoint = Annotated[str, typer.Option("--endpoint", help="A server that predicts; else the model runs here.")]
Auth = Annotated[Proof, typer.Option("--auth", help="How calls of --endpoint prove who makes them.")]
Stack = Annotated[
    str,
    typer.Option("--stack", "-s", help="A deployed stack: its endpoint predicts, or with --engine stack it does all."),
]
ModelName = Annotated[str, typer.Option("--model", "-m", help="A folder of serving/models.")]
Workflow = Annotated[Path | None, typer.Option("--workflow", help="A TOML table: a model for each document type.")]
Ocr = Annotated[OcrName, typer.Option("--ocr", help="What reads scans and pictures.")]
Languages = Annotated[str, typer.Option("--ocr-languages", help="For tesseract, with commas: eng,jpn.")]
KeepText = Annotated[bool, typer.Option("--keep-text", help="Rows carry the text that was read.")]
Redact = Annotated[bool, typer.Option("--redact", help="Take personal data out of texts first; names are not found.")]
Passages = Annotated[bool, typer.Option("--passages/--no-passages", help="Rows carry a sentiment for each passage.")]
LimitList = Annotated[
    list[str] | None, typer.Option("--limit", metavar="NAME=NUMBER", help="Another limit, such as seconds=60.")
]
SummaryFile = Annotated[Path | None, typer.Option("--summary", help="An HTML page of the whole run.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 11 when any document failed.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(sentiment)


def sentiment(
    folder: Folder,
    types: Types = "",
    results: ResultsFile = None,
    resume: Resume = False,
    retry_failed: RetryFailed = False,
    workers: Workers = None,
    engine: Engine = EngineName.PROCESSES,
    endpoint: Endpoint = "",
    auth: Auth = Proof.NONE,
    stack: Stack = "",
    project: live.Project = None,
    sandbox: live.Sandbox = False,
    model: ModelName = "sentiment",
    workflow: Workflow = None,
    ocr: Ocr = OcrName.AUTO,
    ocr_languages: Languages = "eng",
    keep_text: KeepText = False,
    redact: Redact = False,
    passages: Passages = True,
    limit: LimitList = None,
    summary: SummaryFile = None,
    strict: Strict = False,
) -> None:
    """Judge every document below FOLDER: one row each, with its pages and passages, or the reason why not."""
    if resume and results is None:
        raise typer.BadParameter("--resume goes on with --results: name the file")
    if retry_failed and not resume:
        raise typer.BadParameter("--retry-failed goes with --resume")
    stack = stack or ("dev" if sandbox else "")
    if engine is EngineName.STACK and not stack:
        raise typer.BadParameter("--engine stack needs --stack NAME")
    if stack and endpoint:
        raise typer.BadParameter("give --stack or --endpoint")
    deployed = _deployed(stack, live.folder(project, stack, sandbox)) if stack else Deployed()
    if stack and engine is not EngineName.STACK:
        endpoint, auth = deployed.endpoint, deployed.auth
    from serving.documents import KINDS, detect_sentiment

    try:
        found = detect_sentiment(
            folder,
            _list(types) or KINDS,
            model=model,
            workflow=workflow,
            endpoint=endpoint,
            endpoint_auth=auth.value,
            results=results,
            resume=resume,
            retry_failed=retry_failed,
            workers=workers,
            engine=engine.value,
            outputs=deployed.outputs,
            ocr=ocr.value,
            ocr_languages=_list(ocr_languages),
            passages=passages,
            keep_text=keep_text,
            redact=redact,
            limits=_limits(limit or []),
            summary=summary,
            progress=True,
        )
    except KeyboardInterrupt:
        kept = f"what is done is in {results}; go on with --resume" if results else "nothing is kept without --results"
        typer.echo(f"breakeven: stopped: {kept}", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _show(found, to_file=results is not None, strict=strict)


def _list(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _limits(given: list[str]) -> "Limits":
    """Limits by name; raises InputError."""
    from serving.documents.limits import Limits

    return Limits.of(dict(one.partition("=")[::2] for one in given))


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack as far as documents need it."""

    outputs: dict[str, str] = field(default_factory=dict)
    auth: Proof = Proof.NONE

    @property
    def endpoint(self) -> str:
        """Where it predicts; raises InputError for one that does not."""
        from serving.errors import InputError

        if not self.outputs.get("endpoint"):
            raise InputError("stack", "it has no endpoint", "deploy it first: breakeven up")
        return self.outputs["endpoint"]


def _deployed(stack: str, folder: Path) -> Deployed:
    from infra.lifecycle.workspace import Workspace

    workspace = Workspace.open(stack, folder)
    outputs = {name: str(value) for name, value in workspace.outputs().values.items()}
    profile = str(workspace.config.values.get("aws:profile") or "")
    # Where workers look for them: no plan, result or command line holds a key.
    said = {"API_KEY": outputs.get("apiKey", ""), "AWS_REGION": workspace.config.region, "AWS_PROFILE": profile}
    for name, value in said.items():
        if value:
            os.environ.setdefault(name, value)
    return Deployed(
        outputs={**outputs, "region": workspace.config.region, "profile": profile},
        auth=Proof(workspace.config.settings().gateway.auth),
    )


def _document(found: "Results", summary: "Summary", *, to_file: bool) -> dict[str, Any]:
    """The run in figures, with its rows or the file that they are in."""
    counts = {key: getattr(summary, key) for key in ("documents", "ok", "failed", "labels", "reasons")}
    if to_file:
        return {**counts, "results": str(found.path)}
    return {**counts, "rows": [json.loads(row) for row in found.path.read_text(encoding="utf-8").splitlines()]}


def _show(found: "Results", *, to_file: bool, strict: bool) -> None:
    from serving.documents.summary import in_words

    summary = found.summary()
    if console.is_json():
        console.answer(_document(found, summary, to_file=to_file))
    elif not to_file:
        with found.path.open("rb") as rows:
            for row in rows:
                sys.stdout.buffer.write(row)
        sys.stdout.flush()
    for line in in_words(summary):
        if to_file:
            typer.echo(line)
        else:
            console.note(line)
    if summary.failed and (strict or not summary.ok):
        which = f"{summary.failed:,} of {summary.documents:,} documents" if summary.ok else "every document"
        typer.echo(f"breakeven: {which}: no result; the rows say why", err=True)
        raise typer.Exit(ExitCode.NO_RESULT)
