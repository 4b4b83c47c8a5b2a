"""The lines that a run and its worker processes send each other: one JSON object in each.

To a worker: first the plan, the folder of models and how many workers there are, then batches of sources; the end of
its input ends it.
From a worker: `ready` once, `stage` before each step of a document, `rows` of a source, `done` after a batch, and
`fatal` where nothing can work. JSON, not pickles: what hostile documents take over must not reach the run.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from serving.documents.plan import Plan
from serving.documents.types import Row, Source
from serving.errors import InputError, IntegrityError, ServingError

FATAL = {"InputError": InputError, "IntegrityError": IntegrityError}


def line(message: dict[str, Any]) -> bytes:
    """A message as it is sent; names that are no UTF-8 survive as escapes."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def hello(plan: Plan, cache: Path, workers: int) -> dict[str, Any]:
    """The first message to a worker; `workers` is how many there are in the whole run."""
    return {"plan": plan.as_json(), "cache": str(cache), "workers": workers}


def batch(sources: Iterable[Source]) -> dict[str, Any]:
    """Work for a worker."""
    return {"batch": [[one.id, str(one.path), one.kind, one.size_bytes] for one in sources]}


def sources(message: dict[str, Any]) -> list[Source]:
    """The sources of a batch."""
    return [Source(id=i, path=Path(path), kind=kind, size_bytes=size) for i, path, kind, size in message["batch"]]


def rows(source: Source, found: Iterable[Row]) -> dict[str, Any]:
    """What a worker made of a source."""
    return {"rows": [row.data for row in found], "of": source.id}


def fatal(error: ServingError) -> dict[str, Any]:
    """What no other worker would get over either."""
    return {"fatal": [type(error).__name__, error.thing, error.reason, error.action]}


def raised(message: dict[str, Any]) -> ServingError:
    """The error of a `fatal` message."""
    name, thing, reason, action = message["fatal"]
    return FATAL.get(name, ServingError)(thing, reason, action)
