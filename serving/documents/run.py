"""One run from a folder to a results file, by any engine, from the start or from where it was stopped."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from serving.documents import engines, parquet
from serving.documents.discover import count, discover
from serving.documents.engines.types import Options
from serving.documents.journal import Journal
from serving.documents.plan import Plan
from serving.documents.progress import Progress
from serving.documents.results import Results, is_parquet
from serving.documents.resume import Record, Seen, first_id, forget_failed, record_of, repair
from serving.documents.types import Source
from serving.errors import InputError

RECORD_SECONDS: Final = 5.0
MOST_EXTENSIONS: Final = 200


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to run, and how; `plan` alone decides what rows say.

    `results` ends with .jsonl or .parquet; `leave_out` are files of our own below the folder; `workers` and `outputs`
    are those of engines/types.py. `retry_failed` does those again that have a reason in place of a result.
    """

    folder: Path
    plan: Plan
    results: Path
    resume: bool = False
    retry_failed: bool = False
    engine: str = "processes"
    workers: int | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    leave_out: Sequence[Path] = ()
    progress: bool = False

    @property
    def journal(self) -> Path:
        """Where rows are appended: the results themselves, or the file that Parquet is made from at the end."""
        return self.results.with_name(f"{self.results.name}.jsonl") if is_parquet(self.results) else self.results


def run(job: Job) -> Results:
    """Work off what is not done yet; the results of all of it.

    Raises InputError for what cannot be used. Any stop, also KeyboardInterrupt, leaves results that a run with
    `resume` goes on from.
    """
    from serving.documents.models import check

    record = _begun(job)
    check(job.plan)
    if job.retry_failed:
        _forget_failed(job)
    engine = engines.find(job.engine)
    skipped: Counter[str] = Counter()
    found = discover(job.folder, job.plan.document_types, lambda name: _tally(skipped, name))
    progress = Progress()
    with ExitStack() as stack:
        journal = stack.enter_context(Journal(job.journal))
        seen = stack.enter_context(Seen())
        _remember(job, seen)
        record.write(record_of(job.results))
        kept = stack.enter_context(_Kept(job, record, skipped))
        if job.progress:
            stack.enter_context(progress)
            _count_beside(job, progress)
        done = stack.enter_context(
            closing(engine(_left(found, job, seen, progress), job.plan, _options(job, record, progress)))
        )
        for _, rows in done:
            journal.write(rows)
            progress.add(failed=all(row.data["status"] == "failed" for row in rows))
            kept.now_and_then()
        if is_parquet(job.results):
            parquet.convert(job.journal, job.results)
            job.journal.unlink()
        kept.finished = True
    return Results(job.results)


def _options(job: Job, record: Record, progress: Progress) -> Options:
    from serving.archive import STORE

    return Options(
        cache=STORE / "documents",
        run=record.run,
        workers=job.workers,
        outputs=job.outputs,
        region=job.outputs.get("region", ""),
        profile=job.outputs.get("profile", ""),
        say=progress.say if job.progress else lambda _: None,
    )


def _begun(job: Job) -> Record:
    """The record of a new run, or the one that is resumed."""
    new = replace(Record.new(job.folder, job.plan), engine=job.engine)
    # One that is empty was left by a run that could not begin.
    there = [path for path in (job.results, job.journal) if path.exists() and path.stat().st_size]
    if not there:
        return new
    if not job.resume:
        raise InputError(str(there[0]), "it is there already", "add --resume to go on, or give another file")
    return Record.read(record_of(job.results)).resumed(new, job.results)


def _forget_failed(job: Job) -> None:
    if is_parquet(job.results) and job.results.exists():
        reason = "it is finished, and rows cannot be taken out of Parquet"
        raise InputError(str(job.results), reason, "run again, or write .jsonl")
    if job.journal.exists():
        with Journal(job.journal):  # nobody else writes meanwhile
            forget_failed(job.journal)


def _remember(job: Job, seen: Seen) -> None:
    """Note what earlier stretches did. What a kill left between making the Parquet file and its clean-up is cleaned."""
    if is_parquet(job.results) and job.results.exists():
        for name in parquet.ids(job.results):
            seen.add(name)
        first = first_id(job.journal)
        if first is not None and first in seen:
            job.journal.write_bytes(b"")
            return
    repair(job.journal, seen.add)


def _left(found: Iterator[Source], job: Job, seen: Seen, progress: Progress) -> Iterator[Source]:
    ours = {path.resolve() for path in job.leave_out}
    for source in found:
        if source.id in seen:
            progress.skipped()
        elif not (ours and source.path.resolve() in ours):
            yield source


def _count_beside(job: Job, progress: Progress) -> None:
    """Learn the total while the run has begun: a walk over a million names takes seconds."""

    def learn() -> None:
        progress.total = count(job.folder, job.plan.document_types)

    threading.Thread(target=learn, name="count", daemon=True).start()


def _tally(skipped: Counter[str], name: str) -> None:
    skipped[name if name in skipped or len(skipped) < MOST_EXTENSIONS else "others"] += 1


class _Kept:
    """The record beside the results, kept up to date so that its times are right after any stop."""

    def __init__(self, job: Job, record: Record, skipped: Counter[str]) -> None:
        self._path, self._record, self._skipped = record_of(job.results), record, skipped
        self._began = self._written = time.monotonic()
        self.finished = False

    def now_and_then(self) -> None:
        if time.monotonic() - self._written >= RECORD_SECONDS:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        seconds = round(self._record.seconds + self._written - self._began, 3)
        now = replace(self._record, seconds=seconds, finished=self.finished, skipped=dict(self._skipped))
        now.write(self._path)

    def __enter__(self) -> "_Kept":
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
