"""The engine `stack`: documents go to the bucket of a deployed stack, its instances work the queue, results come back.

The same run sends nothing twice: what the bucket holds already is only waited for.
"""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from typing import Any, Final

from serving.documents import layout
from serving.documents.engines.stack_bucket import Bucket
from serving.documents.engines.stack_upload import Sender
from serving.documents.engines.types import Done, Options
from serving.documents.plan import Plan
from serving.documents.types import DocumentError, Row, Source, Why
from serving.errors import InputError, ServingError

UPLOADS_AT_ONCE: Final = 16
# Enough for the queue to call many instances, and a bound on what is remembered here.
MOST_WAITING: Final = 5_000
LEAST_PAUSE_SECONDS: Final = 0.5
MOST_PAUSE_SECONDS: Final = 15.0
GRAVES_SECONDS: Final = 10.0
# A stack at zero takes minutes to start an instance.
SAY_SECONDS: Final = 120.0
MOST_SILENT_SECONDS: Final = 3600.0


def run(sources: Iterator[Source], plan: Plan, options: Options) -> Iterator[Done]:
    """Rows of every source; see engines/types.py."""
    _check_model(plan, options)
    if plan.redact:
        action = "use --engine processes with --stack: texts are redacted here, and its endpoint predicts"
        raise InputError("redact", "with the engine stack whole documents leave this machine", action)
    digest, body = layout.packed_plan(plan)
    bucket = Bucket(options, digest)
    bucket.put_plan(body)
    with closing(Sender(bucket, options.run, plan.limits.file_bytes, again=bucket.was_begun())) as sender:
        yield from _Run(bucket, sender, options).work(sources)


def _check_model(plan: Plan, options: Options) -> None:
    served = options.outputs.get("model", "")
    for step in plan.steps:
        if served and step.model != served:
            action = f"deploy a stack with breakeven:model {step.model}, or ask for {served}"
            raise InputError(f"model {step.model}", f"the stack serves {served}", action)


class _Run:
    """What has been sent and not come back."""

    def __init__(self, bucket: Bucket, sender: Sender, options: Options) -> None:
        self._bucket, self._sender, self._options = bucket, sender, options
        self._sending: dict[Future[str], Source] = {}
        self._waiting: dict[str, Source] = {}
        self._pause = LEAST_PAUSE_SECONDS
        now = time.monotonic()
        self._look_at, self._graves_at, self._heard, self._said = now, now + GRAVES_SECONDS, now, now

    def work(self, sources: Iterator[Source]) -> Iterator[Done]:
        """Send, and hand back what is done, until there is nothing of either."""
        more = True
        with ThreadPoolExecutor(UPLOADS_AT_ONCE, "upload") as pool:
            try:
                while more or self._sending or self._waiting:
                    more = more and self._send(sources, pool)
                    yield from self._sent()
                    if time.monotonic() >= self._look_at:
                        yield from self._come_back(pool)
                        self._report()
            finally:
                self._sender.close()  # ends what is being sent, where the run is given up
                pool.shutdown(wait=False, cancel_futures=True)

    def _send(self, sources: Iterator[Source], pool: ThreadPoolExecutor) -> bool:
        """Begin as many uploads as there is room for; False once there are no more sources."""
        while len(self._sending) < UPLOADS_AT_ONCE and len(self._sending) + len(self._waiting) < MOST_WAITING:
            source = next(sources, None)
            if source is None:
                return False
            self._sending[pool.submit(self._sender.send, source)] = source
        return True

    def _sent(self) -> Iterator[Done]:
        """Wait for an upload, or until it is time to look for results; what cannot be sent is a row."""
        rest = max(self._look_at - time.monotonic(), 0)
        if not self._sending:
            time.sleep(rest)
            return
        done, _ = wait(self._sending, timeout=rest, return_when=FIRST_COMPLETED)
        for future in done:
            source = self._sending.pop(future)
            try:
                self._waiting[future.result()] = source
            except DocumentError as error:
                yield source, [_failed(source, error.why, error.sentence)]

    def _come_back(self, pool: ThreadPoolExecutor) -> Iterator[Done]:
        """Take the results that are there, and bury what the dead-letter queue holds."""
        by_result = {layout.result_key(key): key for key in self._waiting}
        found = [key for key in self._bucket.results() if key in by_result] if by_result else []
        for key, rows in zip(found, pool.map(self._bucket.rows, found), strict=True):
            if rows:
                yield self._done(by_result[key], rows)
        if time.monotonic() >= self._graves_at:
            yield from self._dead()
            self._graves_at = time.monotonic() + GRAVES_SECONDS
        self._pause = LEAST_PAUSE_SECONDS if found else min(self._pause * 1.5, MOST_PAUSE_SECONDS)
        self._look_at = time.monotonic() + self._pause

    def _done(self, key: str, rows: list[dict[str, Any]]) -> Done:
        source = self._waiting.pop(key)
        self._heard = time.monotonic()
        # An instance that could not read an upload knows its key alone.
        unread = key.removeprefix(layout.UPLOADS)
        named = [{**row, "id": source.id} if row["id"] == unread else row for row in rows]
        return source, [Row(id=row["id"], data=row) for row in named]

    def _dead(self) -> Iterator[Done]:
        for grave in self._bucket.graves() if self._waiting else ():
            if grave.key not in self._waiting:
                continue
            rows = self._bucket.rows(layout.result_key(grave.key))
            if rows:
                yield self._done(grave.key, rows)
                continue
            source = self._waiting.pop(grave.key)
            self._heard = time.monotonic()
            why = Why(grave.reason) if grave.reason in set(Why) else Why.CRASHED
            sentence = grave.sentence or "Instances of the stack took it as often as they may, and none finished it."
            yield source, [_failed(source, why, sentence)]

    def _report(self) -> None:
        """Say that nothing comes, and end where nothing ever will."""
        now = time.monotonic()
        silent = now - max(self._heard, self._sender.last_sent)
        if not self._waiting or silent < SAY_SECONDS:
            return
        if silent > MOST_SILENT_SECONDS:
            reason = f"no result for {silent / 60:.0f} minutes, and {len(self._waiting)} documents wait"
            action = "see its alarms and the log group of its nodes; then go on with --resume"
            raise ServingError("stack", reason, action)
        if now - self._said >= SAY_SECONDS:
            self._said = now
            count, minutes = len(self._waiting), silent / 60
            self._options.say(f"{count} documents wait for the stack; no result for {minutes:.0f} minutes.")


def _failed(source: Source, why: Why, sentence: str) -> Row:
    from serving.documents.pipeline import failed_row

    return failed_row(source, why, sentence)
