"""TorchServe's side: its request dictionaries to items, replies to its context. Nothing is decided here."""

import importlib
import json
import logging
from pathlib import Path
from typing import Any

from serving.handlers.types import Item, Loading, Predictor, isolated, media_type

_DEVICE_KIND = "cuda"
_predictors: dict[str, Predictor] = {}


def handle(data: "list[dict[str, Any]] | None", context: Any) -> "list[bytes] | None":
    """Called with None to load, then with a batch of requests."""
    if data is None:
        _predictors["model"] = predictor(
            Path(context.system_properties["model_dir"]), context.system_properties.get("gpu_id")
        )
        # TorchServe logs a line per batch and per metric; its Java side would parse and write every one.
        logging.getLogger().setLevel(logging.WARNING)
        return None
    items = [_item(row, context, i) for i, row in enumerate(data)]
    replies = isolated(_predictors["model"], items)
    for i, reply in enumerate(replies):
        context.set_response_status(code=reply.status, phrase=reply.phrase, idx=i)
        context.set_response_content_type(i, reply.content_type)
        for name, value in reply.headers.items():
            context.set_response_header(i, name, value)
    return [reply.body for reply in replies]


def predictor(folder: Path, gpu: "int | str | None" = None) -> Predictor:
    """The predictor of an unpacked archive; its `model.json` says which task it is."""
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    task = importlib.import_module(f"serving.handlers.{about['task'].replace('-', '_')}")
    loading = Loading(
        folder=folder,
        name=about["name"],
        version=about["version"],
        settings=about["settings"],
        device="cpu" if gpu in (None, "", -1) else f"{_DEVICE_KIND}:{gpu}",
    )
    made: Predictor = task.load(loading)
    return made


def _item(row: "dict[str, Any]", context: Any, index: int) -> Item:
    """One part of a request; TorchServe calls a raw body `body` and the first form field `data`."""
    body = row.get("body", row.get("data"))
    if body is None:  # a form with fields of other names, or nothing at all
        body = b""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, (bytes, bytearray)):  # a TorchServe that was not told to leave JSON alone
        body = json.dumps(body).encode()
    return Item(bytes(body), media_type(context.get_request_header(index, "Content-Type")))
