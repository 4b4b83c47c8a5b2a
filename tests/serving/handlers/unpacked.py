"""What a handler finds when its archive is unpacked, made from a shipped model without packing it first."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serving.archive import CACHE
from serving.compile import write_forms
from serving.handlers.types import JSON, Item, Loading, Predictor, Reply
from serving.model import find


def unpacked(name: str, folder: Path) -> Loading:
    """The exported form and the files of a model in `folder`."""
    model = find(name)
    weights, network = model.files(CACHE), model.network()
    write_forms(network, weights, folder, compiled=False)
    for file, source in network.files(weights).items():
        shutil.copyfile(source, folder / file)
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
