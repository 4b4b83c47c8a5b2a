"""The engine `ray`: batches as a Ray Data stream, each actor with a worker process of its own.

The worker process is the one of the engine `processes`: what dies or hangs is settled there, inside the actor.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from serving.backends.types import cores
from serving.documents.engines import wire
from serving.documents.engines.batches import Batches
from serving.documents.engines.processes import Pool, seconds_of
from serving.documents.engines.types import Done, Options
from serving.documents.models import prepare
from serving.documents.plan import Plan
from serving.documents.types import Row, Source
from serving.errors import InputError, ServingError

if TYPE_CHECKING:
    from ray.data import Dataset

AHEAD: Final = 3  # batches for each actor that wait or are worked on; what is beyond that only fills memory
END: Final = b""


def run(sources: Iterator[Source], plan: Plan, options: Options) -> Generator[Done, None, None]:
    """Rows of every source; see engines/types.py. Joins the cluster of RAY_ADDRESS, else starts Ray here."""
    with _cluster(options) as workers:
        from ray.util.queue import Queue

        queue = Queue(actor_options={"num_cpus": 0})
        feed = _Feed(sources, queue.put, AHEAD * workers)
        hello = wire.line(wire.hello(plan, options.cache, workers))
        results = _dataset(queue, hello, workers).iter_batches(batch_size=None, prefetch_batches=0)
        feed.start()
        try:
            for block in results:
                for said in block["said"]:
                    for line in said.splitlines():
                        yield from feed.settle(json.loads(line))
            feed.check()
        finally:
            feed.stop()


@contextmanager
def _cluster(options: Options) -> Iterator[int]:
    """How many actors there will be, on the user's cluster or on one of this machine that ends with the run."""
    # Nothing is reported to anybody, and only what ends a run is said.
    for name, value in (("RAY_USAGE_STATS_ENABLED", "0"), ("RAY_BACKEND_LOG_LEVEL", "fatal")):
        os.environ.setdefault(name, value)
    try:
        import ray
        from ray.data import DataContext
    except ImportError:
        raise InputError("engine ray", "Ray is not installed", "pip install -e '.[documents,ray]'") from None
    mine = not ray.is_initialized()
    if mine:
        here = None if os.environ.get("RAY_ADDRESS") else options.workers or cores()
        with _without_errors_shown():
            ray.init(num_cpus=here, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current()
    before = (context.target_max_block_size, context.enable_progress_bars)
    # One batch is one block, which goes to an actor at once; Ray would gather 128 MB of them first.
    context.target_max_block_size, context.enable_progress_bars = 1, False
    try:
        yield options.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))  # type: ignore[no-untyped-call]
    finally:
        context.target_max_block_size, context.enable_progress_bars = before
        if mine:
            ray.shutdown()


@contextmanager
def _without_errors_shown() -> Iterator[None]:
    """Ray's core says on standard error at which level it logs, whatever the level; failures to start are raised."""
    shown = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
            yield
    finally:
        os.dup2(shown, 2)
        os.close(shown)


def _dataset(queue: Any, hello: bytes, workers: int) -> "Dataset":
    """Batches from the queue, through actors, to what was said of them."""
    import ray
    from ray.data import ActorPoolStrategy

    # Other arguments than the actors': Ray would run both as one, in a single actor.
    stream = ray.data.read_datasource(_batches_of(queue, hello), override_num_blocks=1, num_cpus=0)
    results: Dataset = stream.map_batches(
        Actor,
        batch_size=1,
        compute=ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
        num_cpus=1,
    )
    return results


def _batches_of(queue: Any, hello: bytes) -> Any:
    """A source of Ray Data that ends when the queue says so."""
    import pyarrow as pa
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask

    def read() -> Iterable[Any]:
        while (batch := queue.get()) != END:
            yield pa.table({"hello": [hello], "batch": [batch]})

    class Stream(Datasource):
        """One task that reads for as long as the run lasts."""

        def get_read_tasks(self, *_: Any, **__: Any) -> list[ReadTask]:
            unknown = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
            return [ReadTask(read, unknown)]

        def estimate_inmemory_data_size(self) -> int | None:
            return None

    return Stream()  # type: ignore[no-untyped-call]


class Actor:
    """Works off batches with a worker process; answers lines of wire.py."""

    def __init__(self) -> None:
        self._pool: Pool | None = None

    def __call__(self, block: dict[str, Any]) -> dict[str, list[bytes]]:
        """What was made of the sources of one batch."""
        try:
            pool = self._opened(block["hello"][0])
            done = pool.work(wire.sources(json.loads(block["batch"][0])))
            # One row, for each row becomes a block, and a block costs Ray some 50 ms.
            return {"said": [b"".join(wire.line(wire.rows(source, rows)) for source, rows in done)]}
        except ServingError as error:
            return {"said": [wire.line(wire.fatal(error))]}

    def _opened(self, hello: bytes) -> Pool:
        if self._pool is None:
            told = json.loads(hello)
            options = Options(cache=Path(told["cache"]), run="", workers=1)
            plan = Plan.of_json(told["plan"])
            prepare(plan, options.cache)
            self._pool = Pool(plan, options, sharing=told["workers"])
        return self._pool

    def __del__(self) -> None:
        if self._pool is not None:
            self._pool.__exit__(None)


class _Feed:
    """Puts batches into the queue, only so many ahead of their results."""

    def __init__(self, sources: Iterator[Source], put: Callable[[bytes], None], ahead: int) -> None:
        self._batches, self._put = Batches(sources), put
        self._free = threading.Semaphore(ahead)
        self._out: dict[str, tuple[Source, int]] = {}
        self._left: dict[int, int] = {}
        self._error: BaseException | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Begin, beside the results."""
        self._thread.start()

    def _run(self) -> None:
        try:
            for number, batch in enumerate(iter(self._batches.take, [])):
                self._left[number] = len(batch)
                self._out.update((source.id, (source, number)) for source in batch)
                self._put(wire.line(wire.batch(batch)))
                self._free.acquire()
                if self._stopped:
                    break
        except BaseException as error:
            self._error = error
        self._put(END)

    def settle(self, message: dict[str, Any]) -> Iterator[Done]:
        """The rows of a message; the next batch may go when the last source of one is back."""
        if "fatal" in message:
            raise wire.raised(message)
        source, number = self._out.pop(message["of"])
        self._left[number] -= 1
        if not self._left[number]:
            del self._left[number]
            self._free.release()
        rows = [Row(id=data["id"], data=data) for data in message["rows"]]
        self._batches.settled(source, seconds_of(rows))
        yield source, rows

    def check(self) -> None:
        """All came back; raises what stopped the feed, or ServingError where the cluster lost some."""
        self._thread.join()
        if self._error:
            raise self._error
        if self._out:
            reason = f"it lost {len(self._out)} documents"
            raise ServingError("Ray", reason, "look at the cluster, then go on with --resume")

    def stop(self) -> None:
        """No more batches."""
        self._stopped = True
        self._free.release()
        self._thread.join()
