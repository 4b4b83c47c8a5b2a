"""TorchServe's side: its request dictionaries to items, replies to its context. Nothing is decided here."""

import importlib
import json
import logging
from pathlib import Path
from typing import Any

from serving.handlers.answers import answers
from serving.handlers.types import JSON, Item, Loading, Predictor, Reply, media_type

_DEVICE_KIND = "cuda"
_KINDS = {".txt": "text/plain", ".json": JSON}
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
    last: dict[int, Reply] = {}
    for ready in answers(_predictors["model"], [_item(row, context, i) for i, row in enumerate(data)]):
        _send({i: reply for i, reply in ready.items() if reply.more}, context)
        # Kept until the batch ends: should this process die before that, TorchServe answers all of its requests with an
        # error, and the second answer to one would be taken for that to the connection's next.
        last.update({i: reply for i, reply in ready.items() if not reply.more})
    for i, reply in last.items():
        _head(i, reply, context)
    return [last[i].body for i in range(len(data))]


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
    _warm(made, folder, about)
    return made


def _warm(made: Predictor, folder: Path, about: "dict[str, Any]") -> None:
    """Predict the sample alone and as a full batch: first calls compile, choose kernels and take memory."""
    sample = folder / about["sample"]
    item = Item(sample.read_bytes(), _KINDS.get(sample.suffix.lower(), media_type(None)))
    for count in (1, about["serving"]["batch_size"]):
        made.predict([item] * count)


def _send(parts: "dict[int, Reply]", context: Any) -> None:
    """Parts of streams, now; TorchServe ends each with what `handle` returns for it."""
    if not parts:
        return
    from ts.handler_utils.utils import send_intermediate_predict_response  # type: ignore[import-untyped]

    for i, reply in parts.items():
        _head(i, reply, context)
    ids = {i: context.request_ids[i] for i in parts}
    bodies = {i: reply.body for i, reply in parts.items()}
    send_intermediate_predict_response(bodies, ids, "Prediction success", 200, context)


def _head(index: int, reply: Reply, context: Any) -> None:
    context.set_response_status(code=reply.status, phrase=reply.phrase, idx=index)
    context.set_response_content_type(index, reply.content_type)
    for name, value in reply.headers.items():
        context.set_response_header(index, name, value)


def _item(row: "dict[str, Any]", context: Any, index: int) -> Item:
    """One part of a request; TorchServe calls a raw body `body` and the first form field `data`."""
    body = row.get("body", row.get("data"))
    if body is None:  # a form with fields of other names, or nothing at all
        body = b""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, (bytes, bytearray)):  # a TorchServe that was not told to leave JSON alone
        body = json.dumps(body).encode()
    return Item(bytes(body), media_type(_content_type(context.get_all_request_header(index))))


def _content_type(headers: "dict[str, str]") -> str:
    """In any case of its name: TorchServe looks for it as it is written, and HTTP/2 and some proxies write it small."""
    return next((value for name, value in headers.items() if name.lower() == "content-type"), "")
