"""What goes into a predictor and what comes out, the same for every task and every server."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

JSON = "application/json"
# Of requests and answers. It changes when a caller of the old one would misread the new one, not for a further key.
SCHEMA = "1"


class ItemError(Exception):
    """One instance that cannot be predicted: an HTTP status of the 4xx kind and one sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        self.code, self.sentence = code, sentence
        super().__init__(sentence)


def media_type(header: "str | None") -> str:
    """A Content-Type header without its parameters, lower case."""
    return (header or "application/octet-stream").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Item:
    """One request: its body as it came, and its content type, lower case and without parameters."""

    body: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Reply:
    """One answer: HTTP status, body, content type, further headers; `more`: it is a part, and others follow."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    more: bool = False

    @property
    def phrase(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


class Predictor(Protocol):
    """A loaded model."""

    def predict(self, items: Sequence[Item]) -> list[Reply]:
        """One reply per item, in their order; a bad item spoils no other."""
        ...


@dataclass(frozen=True)
class Loading:
    """What a predictor is made from: the unpacked archive, the model's name, version and settings, and the device."""

    folder: Path
    name: str
    version: str
    settings: Mapping[str, Any]
    device: str = "cpu"


def error(code: int, sentence: str, index: int = 0) -> dict[str, Any]:
    """The JSON form of one bad instance."""
    return {"error": {"code": code, "message": sentence, "index": index}}


def answer(loading: Loading, results: Sequence[Any]) -> Reply:
    """The reply to one request from its instances' results, each an object or an ItemError.

    200 when at least one is good, else the status of the first.
    """
    rows = [error(r.code, r.sentence, i) if isinstance(r, ItemError) else r for i, r in enumerate(results)]
    bad = [r for r in results if isinstance(r, ItemError)]
    if rows and len(bad) == len(rows):
        return Reply(bad[0].code, encoded(rows[0]))
    return Reply(200, encoded({**signature(loading), "predictions": rows}))


def signature(loading: Loading) -> dict[str, Any]:
    """What every good answer begins with."""
    return {"schema": SCHEMA, "model": loading.name, "version": loading.version}


def encoded(value: Any) -> bytes:
    """Compact JSON, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def refusal(status: int, sentence: str, **headers: str) -> Reply:
    """An answer without a prediction; header names with _ for -."""
    return Reply(status, encoded(error(status, sentence)), headers={k.replace("_", "-"): v for k, v in headers.items()})
