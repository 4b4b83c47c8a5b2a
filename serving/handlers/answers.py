"""Predictions as they become ready: whole replies at once, or for a reader who asked for it piece by piece.

A stream is a list of server-sent events, `data: {...}` and an empty line each. The first names the model and counts the
prompt, the last has the counts and why the text ends, those between bring text; an error is the last event, too.
"""

import logging
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol

from serving.handlers.types import Item, Predictor, Reply, encoded, error, refusal

EVENTS = "text/event-stream"
FAILED = "The prediction failed."
log = logging.getLogger(__name__)

# The items whose readers have left.
Gone = Callable[[], Collection[int]]


class Streams(Predictor, Protocol):
    """A predictor that can answer piece by piece."""

    def answers(self, items: Sequence[Item], gone: Gone) -> Iterator[dict[int, Reply]]:
        """Replies by the index of their item, as they become ready; each item's last one has `more` False."""
        ...


def nobody() -> Collection[int]:
    """No reader has left."""
    return ()


def answers(predictor: Predictor, items: Sequence[Item], gone: Gone = nobody) -> Iterator[dict[int, Reply]]:
    """The replies of any predictor, as `Streams.answers` gives them; never raises for what an item contains.

    A batch that fails as a whole is tried again one by one, so that only the request at fault fails (500); a stream
    that has begun ends with an error.
    """
    begun: set[int] = set()
    left = set(range(len(items)))
    try:
        for ready in _answers(predictor, items, gone):
            begun.update(ready)
            left.difference_update(i for i, reply in ready.items() if not reply.more)
            yield ready
    except Exception as error:
        if len(items) == 1:
            # Where, never what: the message of an error may repeat what the request held.
            place = "".join(traceback.format_tb(error.__traceback__)).rstrip()
            log.error("prediction failed: %s\n%s", type(error).__name__, place)
        yield from _apart(predictor, items, sorted(left), begun)


def event(value: Any, *, more: bool = True) -> Reply:
    """One event of a stream."""
    return Reply(200, b"data: " + encoded(value) + b"\n\n", EVENTS, {"Cache-Control": "no-cache"}, more)


def broken(code: int, sentence: str) -> Reply:
    """The end of a stream that cannot go on."""
    return event(error(code, sentence), more=False)


def _answers(predictor: Predictor, items: Sequence[Item], gone: Gone) -> Iterator[dict[int, Reply]]:
    streams = getattr(predictor, "answers", None)
    if streams is None:
        yield dict(enumerate(predictor.predict(items)))
    else:
        yield from streams(items, gone)


def _apart(
    predictor: Predictor, items: Sequence[Item], left: Sequence[int], begun: Collection[int]
) -> Iterator[dict[int, Reply]]:
    for i in left:
        if i in begun:
            yield {i: broken(500, FAILED)}
        elif len(items) == 1:
            yield {i: refusal(500, FAILED)}
        else:
            for ready in answers(predictor, [items[i]]):
                yield {i: ready[0]}
