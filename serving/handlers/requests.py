"""From a request to its instances: raw bodies are one instance, JSON holds a list of them."""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from serving.handlers.types import JSON, SCHEMA, Item, ItemError, Loading, Reply, answer

# As many as one request may hold: a request is one unit of the queue, whatever is in it.
MOST_INSTANCES = 64
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

Instance = Any  # bytes, str or a JSON value; an ItemError stands for one that cannot be read


@dataclass(frozen=True)
class Request:
    """What a request holds; `stream` says that its one answer is wanted piece by piece."""

    instances: Sequence[Instance]
    stream: bool = False


def request(item: Item, read: Callable[[bytes, str], Instance], *, streams: bool = False) -> Request:
    """The instances of a request; `read` turns a raw body of a content type into one.

    `streams` says whether the model can answer piece by piece; where it cannot, asking for it is refused.
    """
    try:
        if item.content_type == JSON:
            return _document(item.body, streams=streams)
        return Request([read(item.body, item.content_type)])
    except ItemError as refused:
        return Request([refused])


def predict_flat(
    items: Sequence[Item],
    loading: Loading,
    read: Callable[[bytes, str], Instance],
    prepare: Callable[[Instance], Any],
    predict: Callable[[Sequence[Any]], Sequence[Any]],
    each: Callable[..., Iterable[Any]] = map,
) -> list[Reply]:
    """Predict the instances of all requests together and give each request its own back.

    `prepare` turns an instance into what `predict` is given, or raises ItemError, which then is its result; `each` is
    `map`, or that of a pool.
    """
    lists = [request(item, read).instances for item in items]
    results = list(each(_prepared(prepare), [one for group in lists for one in group]))
    good = [i for i, one in enumerate(results) if not isinstance(one, ItemError)]
    for i, result in zip(good, predict([results[i] for i in good]) if good else (), strict=True):
        results[i] = result
    replies, start = [], 0
    for group in lists:
        replies.append(answer(loading, results[start : start + len(group)]))
        start += len(group)
    return replies


def _prepared(prepare: Callable[[Instance], Any]) -> Callable[[Instance], Any]:
    def run(instance: Instance) -> Any:
        try:
            return instance if isinstance(instance, ItemError) else prepare(instance)
        except ItemError as refused:
            return refused

    return run


def text(instance: Instance) -> str:
    """A text instance; raises ItemError."""
    if isinstance(instance, (bytes, bytearray)):
        try:
            instance = bytes(instance).decode()
        except UnicodeDecodeError as error:
            raise ItemError(400, f"The text is not valid UTF-8 at byte {error.start}.") from None
    if not isinstance(instance, str):
        raise ItemError(400, "A text must be a JSON string.")
    if not instance.strip():
        raise ItemError(400, "The text is empty.")
    try:
        instance.encode()
    except UnicodeEncodeError as error:  # JSON can escape half of a character; no tokenizer takes it
        raise ItemError(400, f"The text holds a lone surrogate at character {error.start}.") from None
    return instance


def binary(instance: Instance) -> bytes:
    """An instance of bytes, raw or {"b64": "..."}; raises ItemError."""
    if isinstance(instance, (bytes, bytearray)):
        return bytes(instance)
    if not isinstance(instance, dict) or not isinstance(instance.get("b64"), str):
        raise ItemError(400, 'An instance must be {"b64": "..."}.')
    try:
        return base64.b64decode(instance["b64"], validate=True)
    except ValueError:  # binascii.Error, and its parent for letters beyond ASCII
        raise ItemError(400, "The value of b64 is not base64.") from None


def _document(body: bytes, *, streams: bool) -> Request:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise ItemError(400, "The body is not valid JSON.") from None
    rows = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise ItemError(400, 'The JSON must be {"instances": [...]} with at least one instance.')
    schema = document.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise ItemError(400, f'The schema {json.dumps(schema)[:40]} is unknown; "{SCHEMA}" is understood.')
    if len(rows) > MOST_INSTANCES:
        raise ItemError(413, f"The request holds {len(rows)} instances; {MOST_INSTANCES} is the most.")
    return Request(rows, _stream(document.get("stream", False), len(rows), streams=streams))


def _stream(asked: Any, count: int, *, streams: bool) -> bool:
    if not isinstance(asked, bool):
        raise ItemError(400, "stream must be true or false.")
    if asked and not streams:
        raise ItemError(400, "Only generated text can be streamed; leave stream out.")
    if asked and count != 1:
        raise ItemError(400, f"A stream answers exactly one instance; the request holds {count}.")
    return asked
