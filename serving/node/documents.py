"""`python -m serving.node.documents`: works the queue of documents beside the model server of an instance.

A process of its own: what a hostile document does to it never reaches the server, and systemd's limits hold for both.
"""

import logging
import os
import signal
import sys
import threading
from types import FrameType

from serving.documents.engines.types import Engine, Options
from serving.documents.models import TASKS
from serving.documents.plan import Plan, Step
from serving.documents.types import KINDS
from serving.errors import ServingError
from serving.node import documents_model, fetch
from serving.node.documents_queue import Queue
from serving.node.documents_store import Store
from serving.node.documents_work import Drained, Worker
from serving.node.logs import journal, to_cloud
from serving.node.settings import NodeSettings
from serving.packed import about

log = logging.getLogger("serving.node.documents")
# Answers to requests come before documents, which nobody waits for by the second.
NICENESS = 10


def main() -> int:
    """Work until SIGTERM, then finish what is held within the drain time; the exit code."""
    journal()
    try:
        settings = NodeSettings.read()
        to_cloud(settings, "-documents")
        os.nice(NICENESS)
        work(settings)
    except ServingError as error:
        log.error("%s", error)
        return error.exit_code
    finally:
        logging.shutdown()
    return 0


def work(settings: NodeSettings) -> None:
    """Work the queue that the settings name. Raises ServingError."""
    try:
        _work(settings)
    except OSError as error:
        # What goes wrong with one document is its row's; this is the folder of all of them.
        reason = f"it cannot be written ({error.strerror or error})"
        action = "free space there or take a larger root volume"
        raise ServingError(str(settings.state / "documents"), reason, action) from None


def _work(settings: NodeSettings) -> None:
    from serving.documents.engines import processes

    stop = threading.Event()
    worker = worker_of(settings, processes.run, stop)

    def leave(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.setitimer(signal.ITIMER_REAL, max(settings.drain_seconds, 1))

    def give_back(number: int, frame: FrameType | None) -> None:
        raise Drained

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    signal.signal(signal.SIGALRM, give_back)
    log.info("documents: working the queue with %s", settings.model)
    try:
        worker.run()
    finally:
        # Nothing is held any more: an interpreter that takes long to end is not to be ended by its own clock.
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
    log.info("documents: drained and stopped")


def worker_of(settings: NodeSettings, engine: Engine, stop: threading.Event) -> Worker:
    """The worker of a node."""
    endpoint = f"http://127.0.0.1:{settings.port}"
    folder = settings.state / "documents"
    # The server has fetched it already: this finds it.
    archive = fetch.archive(settings.archive, settings.archive_sha256, settings.state / "archives", settings.region)
    model = str(documents_model.folder(archive, folder / "served"))
    read = "page" if about(archive)["task"] in TASKS["page"] else "text"
    plan = Plan(steps=(Step(kinds=KINDS, model=model, read=read),), endpoint=endpoint)
    return Worker(
        queue=Queue(settings.queue_url, settings.dead_letter_url, settings.region),
        store=Store(settings.document_bucket, settings.region, folder / "work", plan),
        engine=engine,
        options=Options(cache=folder / "models", run="queue"),
        endpoint=endpoint,
        model=model,
        scratch=folder / "work",
        stop=stop,
    )


if __name__ == "__main__":
    sys.exit(main())
