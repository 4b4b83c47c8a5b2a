"""What a handler finds when its archive is unpacked."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from serving import packed
from serving.handlers.types import JSON, Item, Loading, Predictor, Reply
from serving.model import find
from tests.serving.archives import shipped


def unpacked(name: str, factory: pytest.TempPathFactory) -> Loading:
    """The exported form and the files of a model as it is shipped."""
    model = find(name)
    folder = packed.unpack(shipped(name, factory), factory.mktemp(name) / "model")
    return Loading(folder, model.name, model.version, model.settings)


def listed(*instances: Any) -> Item:
    """A request of JSON instances."""
    return Item(json.dumps({"instances": instances}).encode(), JSON)


def plain(text: str) -> Item:
    """A request of one text."""
    return Item(text.encode(), "text/plain")


def predictions(reply: Reply) -> list[Any]:
    """The rows of a good reply."""
    assert reply.status == 200, reply.body
    rows: list[Any] = json.loads(reply.body)["predictions"]
    return rows


def refused(reply: Reply) -> tuple[int, str]:
    """Status and sentence of a refused request."""
    error = json.loads(reply.body)["error"]
    assert error["code"] == reply.status
    return reply.status, error["message"]


def single(predictor: Predictor, texts: Sequence[str]) -> list[Any]:
    """The prediction of each text when it comes alone."""
    return [predictions(predictor.predict([plain(text)])[0])[0] for text in texts]
