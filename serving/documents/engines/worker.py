"""One worker process of a run: `python -m serving.documents.engines.worker`. See wire.py for what it is told."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from serving.documents.engines import wire
from serving.documents.plan import Plan
from serving.errors import ServingError

Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Work off batches until the input ends, then leave."""
    say = _channel()
    lines = iter(sys.stdin.buffer.readline, b"")
    first = next(lines, b"")
    if not first:
        return
    told = json.loads(first)
    plan = Plan.of_json(told["plan"])
    _limit_memory(plan.limits.memory_bytes)
    # A closed channel means that the run is over: nobody is left who wants an answer.
    with suppress(BrokenPipeError):
        try:
            _work(plan, told, lines, say)
        except ServingError as error:
            say(wire.fatal(error))


def _work(plan: Plan, told: Mapping[str, Any], lines: Iterator[bytes], say: Say) -> None:
    from serving.documents.pipeline import Pipeline

    def say_stage(source_id: str, stage: str) -> None:
        say({"stage": stage, "of": source_id})

    pipeline = Pipeline(plan, Path(told["cache"]), say_stage, workers=told["workers"])
    say({"ready": True})
    for line in lines:
        for source, rows in pipeline.run(wire.sources(json.loads(line))):
            say(wire.rows(source, rows))
        say({"done": True})


def _channel() -> Say:
    """Standard output for our messages alone: what libraries print goes to standard error."""
    channel = os.dup(1)  # not inherited by what the worker starts, so that its end is seen at once
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        left = memoryview(wire.line(message))
        while left:
            left = left[os.write(channel, left) :]

    return say


def _limit_memory(most_bytes: int) -> None:
    """Address space beyond which allocations fail here, instead of the whole machine running out."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, hard))


if __name__ == "__main__":
    main()
