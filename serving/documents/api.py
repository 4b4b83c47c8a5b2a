"""`detect_sentiment`: a folder of documents to one row each."""

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from serving.documents.limits import Limits
from serving.documents.plan import Plan, Step
from serving.documents.results import Results
from serving.documents.types import KINDS
from serving.errors import InputError

if TYPE_CHECKING:
    from serving.documents.run import Job

OCR: Final = ("auto", "rapidocr", "tesseract", "off")


def detect_sentiment(
    folder: str | Path,
    document_types: Sequence[str] = KINDS,
    *,
    model: str = "sentiment",
    workflow: str | Path | None = None,
    endpoint: str = "",
    endpoint_auth: str = "none",
    results: str | Path | None = None,
    resume: bool = False,
    retry_failed: bool = False,
    workers: int | None = None,
    engine: str = "processes",
    outputs: Mapping[str, str] | None = None,
    ocr: str = "auto",
    ocr_languages: Sequence[str] = ("eng",),
    passages: bool = True,
    keep_text: bool = False,
    redact: bool = False,
    limits: Limits | None = None,
    summary: str | Path | None = None,
    progress: bool = False,
) -> Results:
    """Read every document of these types below a folder, and judge documents, pages and passages.

    Args:
        folder: Where the documents are; all folders in it are searched.
        document_types: Some of pdf, word, txt, html, markdown, email, image, opendocument, rtf and archive.
        model: A folder of serving/models, of the task sentiment, text-embedding or image-classification.
        workflow: A TOML file that names a model for each document type, in place of `model`.
        endpoint: A server or a deployed stack that predicts; without one the model runs in the worker processes.
        endpoint_auth: none, iam, api-key (reads API_KEY) or jwt (reads TOKEN).
        results: A .jsonl or .parquet file to write; without one a temporary file that goes with the returned object.
        resume: Go on with `results` after a stop; documents that are in it already are left alone.
        retry_failed: With `resume`: do those again that failed, whatever the reason.
        workers: Processes; as many as there are cores when not given.
        engine: processes, ray (a Ray cluster, or one started here) or stack (the queue of a deployed stack).
        outputs: Of the deployed stack, for the engine stack: what `pulumi stack output --json` prints.
        ocr: auto, rapidocr, tesseract or off.
        ocr_languages: As tesseract calls them (eng, jpn); rapidocr needs none.
        passages: Whether rows carry a sentiment for every passage, not for pages alone.
        keep_text: Whether rows carry the text that was read.
        redact: Take personal data out of what was read before a model, an endpoint or a row sees it; rows count it.
            Refused with the engine stack, to which whole documents are sent, and for models that look at pages.
        limits: Where reading a document stops; see serving.documents.Limits.
        summary: An .html file to write, with the whole run at a look.
        progress: Show on standard error how far it is.

    Returns:
        The rows, in a file: iterate for one dict a document, `len()`, `.failures`, `.summary()`, `.path`. A document
        that cannot be read is a row with a reason, not an exception.

    Raises:
        InputError: for a folder, a name or a setting that cannot be used.

    """
    from serving.documents import kinds
    from serving.documents.run import Job
    from serving.documents.summary import write_page

    if resume and results is None:
        raise InputError("resume", "there is no results file to go on with", "give one that an earlier run wrote")
    if retry_failed and not resume:
        raise InputError("retry_failed", "it goes with resume", "add resume=True")
    if workers is not None and workers < 1:
        raise InputError(f"workers {workers}", "nobody would work", "give 1 or more")
    plan = Plan(
        steps=_steps(model, workflow),
        document_types=kinds.asked((document_types,) if isinstance(document_types, str) else document_types),
        ocr=_one_of("ocr", ocr, OCR),
        ocr_languages=tuple(ocr_languages),
        passages=passages,
        keep_text=keep_text,
        redact=redact,
        endpoint=endpoint,
        endpoint_auth=endpoint_auth,
        limits=limits or Limits(),
    )
    temporary = "" if results is not None else tempfile.mkdtemp(prefix="breakeven-results-")
    job = Job(
        folder=Path(folder),
        plan=plan,
        results=Path(results) if results is not None else Path(temporary, "results.jsonl"),
        resume=resume,
        retry_failed=retry_failed,
        engine=engine,
        workers=workers,
        outputs=outputs or {},
        leave_out=() if summary is None else (Path(summary),),
        progress=progress,
    )
    found = _run(job, temporary)
    if summary is not None:
        write_page(found.summary(), Path(summary))
    return found


def _run(job: "Job", temporary: str) -> Results:
    """The results; a temporary folder goes with them, or with what stopped the run."""
    from serving.documents.run import run

    try:
        found = run(job)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if temporary:
        weakref.finalize(found, shutil.rmtree, temporary, ignore_errors=True)
    return found


def _steps(model: str, workflow: str | Path | None) -> tuple[Step, ...]:
    """One model for everything, or the table that says which."""
    if workflow is not None:
        from serving.documents.workflow import read

        return read(Path(workflow))
    from serving.model import Model, find

    folder = Path(model)
    found = Model.read(folder) if (folder / "model.toml").is_file() else find(model)
    return (Step(kinds=KINDS, model=model, read="page" if found.task == "image-classification" else "text"),)


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise InputError(f"{name} {value}", "there is no such setting", f"use one of {', '.join(allowed)}")
    return value
