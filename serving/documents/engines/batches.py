"""What a worker is given next: few sources at a time, so that they last about as long whatever they are."""

from collections import deque
from collections.abc import Iterable, Iterator

from serving.documents.types import Source

MOST_SOURCES = 32  # enough short texts to fill a model's batches
MOST_BYTES = 32 * 1024**2  # what a worker holds in memory at once, but for one larger file
GOAL_SECONDS = (
    1.5  # a batch's results come at its end: longer ones would be lost to a kill and leave cores idle at last
)
FIRST_GUESS_SECONDS = {"pdf": 0.5, "image": 1.0, "archive": 1.0, "word": 0.1}
ANY_GUESS_SECONDS = 0.05
MEMORY = 0.9  # weight of what was seen before


class Batches:
    """Draws from the stream of sources, and takes back what a worker did not finish."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._new: Iterator[Source] = iter(sources)
        self._again: deque[Source] = deque()
        self._alone: deque[Source] = deque()
        self._tried_alone: set[str] = set()
        self._mean_seconds: dict[str, float] = dict(FIRST_GUESS_SECONDS)

    def take(self) -> list[Source]:
        """The next batch; empty when nothing is left for now."""
        if self._alone:
            return [self._alone.popleft()]
        batch: list[Source] = []
        seconds, size = 0.0, 0
        while len(batch) < MOST_SOURCES and seconds < GOAL_SECONDS and size < MOST_BYTES:
            source = self._again.popleft() if self._again else next(self._new, None)
            if source is None:
                break
            batch.append(source)
            size += source.size_bytes
            seconds += self._mean_seconds.get(source.kind, ANY_GUESS_SECONDS)
        return batch

    def give_back(self, sources: Iterable[Source]) -> None:
        """Sources of a batch whose worker died over another one."""
        self._again.extend(sources)

    def try_alone(self, source: Source) -> bool:
        """Let it have a worker of its own, once: it may be innocent. False when it had one."""
        if source.id in self._tried_alone:
            return False
        self._tried_alone.add(source.id)
        self._alone.append(source)
        return True

    def settled(self, source: Source, seconds: float | None) -> None:
        """A source is done, and took a worker so long; None where that was not measured."""
        self._tried_alone.discard(source.id)
        if seconds is not None:
            before = self._mean_seconds.get(source.kind, ANY_GUESS_SECONDS)
            self._mean_seconds[source.kind] = MEMORY * before + (1 - MEMORY) * seconds
