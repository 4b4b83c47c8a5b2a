"""Documents from the queue to rows in the bucket, by worker processes and the model server of the same instance."""

import logging
import shutil
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from serving.backends.process import get
from serving.documents.engines.types import Engine, Options
from serving.documents.plan import Plan
from serving.documents.types import Row, Source, Why
from serving.errors import ServingError
from serving.node.documents_queue import LONG_POLL_SECONDS, MOST_AT_ONCE, Message, Queue, Upload
from serving.node.documents_store import Fetched, Store, TooLargeError

log = logging.getLogger(__name__)
# What another try, or another instance, may do better. All else is the document's own fault and tried once.
PASSING = frozenset({Why.PREDICTION, Why.UNREADABLE})
PAUSE_SECONDS = 5.0


class Drained(Exception):  # noqa: N818 - an end, no error
    """The time to finish what is held is over."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One upload in work, with the message that told of it."""

    message: Message
    upload: Upload
    fetched: Fetched


@dataclass(kw_only=True)
class Worker:
    """Works the queue until `stop` is set. `endpoint` is the model server, `model` the folder of what it serves."""

    queue: Queue
    store: Store
    engine: Engine
    options: Options
    endpoint: str
    model: str
    scratch: Path
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._ready: deque[_Job] = deque()
        self._jobs: dict[str, _Job] = {}
        self._numbers = count()
        self._most_receives = 0

    def run(self) -> None:
        """Until told to stop; then what is held is finished, or given back where `Drained` is raised meanwhile."""
        # What an earlier run left belongs to messages that come again.
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        try:
            while not self.stop.is_set():
                self._round()
        except Drained:
            pass
        finally:
            self.queue.close()
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _round(self) -> None:
        """Wait for documents and work until the queue has no more of their plan."""
        try:
            # Without the server every document would fail, and be one attempt older.
            if get(f"{self.endpoint}/ping") is None:
                self.stop.wait(PAUSE_SECONDS)
                return
            self._most_receives = self._most_receives or self.queue.most_receives()
            if not self._ready:
                self._draw(LONG_POLL_SECONDS)
            if self._ready and not self.stop.is_set():
                self._work(self._ready[0].fetched.plan)
        except ServingError as error:
            log.error("%s", error)
            self.stop.wait(PAUSE_SECONDS)

    def _work(self, plan: Plan) -> None:
        try:
            for source, rows in self.engine(_Stream(self, plan), plan, self.options):
                self._finish(self._jobs.pop(source.id), rows)
        except ServingError as error:
            # Nothing works: not the fault of these documents, but they must not go round for ever either.
            for job in list(self._jobs.values()):
                self._finish(self._jobs.pop(job.fetched.source.id), [_failed(job, Why.PREDICTION, str(error))])
            self._ready.clear()
            raise

    def next_of(self, plan: Plan) -> Source | None:
        """The next document of a plan; None where there is none now."""
        if not self._ready and not self.stop.is_set():
            try:
                self._draw(1)
            except ServingError as error:
                log.error("%s", error)
        if self.stop.is_set() or not self._ready or self._ready[0].fetched.plan != plan:
            return None
        return self._ready.popleft().fetched.source

    def _draw(self, wait_seconds: int) -> None:
        """Receive messages and copy what they name, all at once."""
        messages = self.queue.receive(wait_seconds)
        if messages and not self.stop.is_set():  # else the queue gets them back when it is closed
            with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
                list(pool.map(self._take, messages))

    def _take(self, message: Message) -> None:
        try:
            upload = message.upload()
            if upload is None:
                if not message.is_test:
                    self.queue.bury(message, Why.UNSUPPORTED, "It is no message of S3 about one new object.")
                self.queue.drop(message)
            elif (source_id := self.store.source_id(upload.key)) in self._jobs:
                self.queue.release(message, later=True)  # delivered twice, and in work already
            else:
                self._fetch(message, upload, source_id)
        except ServingError as error:
            log.error("%s", error)
            self.queue.release(message, later=True)

    def _fetch(self, message: Message, upload: Upload, source_id: str) -> None:
        number = next(self._numbers)
        try:
            job = _Job(message=message, upload=upload, fetched=self.store.fetch(upload, number))
        except TooLargeError as error:
            job = _Job(message=message, upload=upload, fetched=error.fetched)
            self._finish(job, [_failed(job, error.why, error.sentence)])
            return
        except ServingError as error:
            job = _Job(message=message, upload=upload, fetched=self.store.unread(upload, number))
            self._finish(job, [_failed(job, Why.UNREADABLE, str(error))])
            return
        refusal = self._refusal(job.fetched)
        if refusal:
            self._finish(job, [_failed(job, *refusal)])
            return
        self._jobs[source_id] = job
        self._ready.append(job)

    def _refusal(self, fetched: Fetched) -> tuple[Why, str] | None:
        """Why a document need not be read at all."""
        plan = fetched.plan
        if fetched.source.kind not in plan.document_types:
            return Why.OTHER_TYPE, f"Its name says none of {', '.join(plan.document_types)}."
        others = sorted({step.model for step in plan.steps} - {self.model})
        if others:
            return Why.UNSUPPORTED, f"This stack serves {Path(self.model).name}, not {', '.join(others)}."
        return None

    def _finish(self, job: _Job, rows: Sequence[Row]) -> None:
        """The result first, the message last: whatever ends in between is only done again."""
        message, failed = job.message, [row.data for row in rows if row.data["status"] == "failed"]
        try:
            again = [row for row in failed if row["reason"] in PASSING]
            if again and message.receives < self._most_receives:
                log.warning("%s: %s It is tried again.", job.fetched.source.id, again[0]["message"])
                self.queue.release(message, later=True)
                return
            self.store.put(job.upload, job.fetched.named(rows), job.fetched.plan_digest)
            if len(failed) == len(rows):
                self.queue.bury(message, failed[0]["reason"], failed[0]["message"])
            self.queue.drop(message)
        except ServingError as error:
            log.error("%s", error)
            self.queue.release(message, later=True)
        finally:
            self.store.forget(job.fetched.source)


class _Stream(Iterator[Source]):
    """Documents of one plan. It ends when there is none now, and goes on when it is asked again and there is."""

    def __init__(self, worker: Worker, plan: Plan) -> None:
        self._worker, self._plan = worker, plan

    def __next__(self) -> Source:
        source = self._worker.next_of(self._plan)
        if source is None:
            raise StopIteration
        return source


def _failed(job: _Job, why: Why, sentence: str) -> Row:
    from serving.documents.pipeline import failed_row

    return failed_row(job.fetched.source, why, sentence)
