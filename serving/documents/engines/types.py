"""What every engine is given and what it hands back."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from serving.documents.plan import Plan
from serving.documents.types import Row, Source

Done = tuple[Source, list[Row]]


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a run is spread; nothing in it changes what a row says.

    `workers` is None for as many as there are usable cores (or as the cluster has). `run` names the run and stays the
    same when it is resumed. `cache` is a folder of this machine in which models are unpacked once for all workers.
    `outputs` are those of the deployed stack, for the engine `stack` alone, with `region` and `profile`.
    `say` shows one line to the user.
    """

    cache: Path
    run: str
    workers: int | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    region: str = ""
    profile: str = ""
    say: Callable[[str], None] = _silent


class Engine(Protocol):
    """Spreads sources over workers."""

    def __call__(self, sources: Iterator[Source], plan: Plan, options: Options) -> Generator[Done, None, None]:
        """Rows of every source, each source exactly once and with at least one row, in the order they are done.

        A generator: it draws `sources` only as fast as rows are taken from it, so that memory stays bounded, and when
        it is closed it ends what it started. A document's fault is a row; raises ServingError where nothing can work
        (no such model, no such queue).
        """
        ...
