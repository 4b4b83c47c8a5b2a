"""The models of a run: in this process, or behind an endpoint; both give the same typed answers."""

import dataclasses
import difflib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from serving import model as folders
from serving.client.address import endpoint
from serving.client.results import ItemFailure, Result, prediction
from serving.documents import model_cache
from serving.documents.chunk import Tokenizer
from serving.documents.plan import Plan, Step
from serving.errors import InputError

TEXT, PICTURE = "text/plain", "application/octet-stream"
TASKS: Final = {"text": ("sentiment", "text-embedding"), "page": ("image-classification",)}
# Of one pass on one thread, padding included. Measured on one core of an AMD EPYC (AVX-512): texts of 16 tokens are
# predicted 88 a second alone and 230 in batches of 16 or more; passages of documents (mean 140 tokens) 19 alone, 21 at
# 512 to 1,024 tokens a batch, 19 at 16,384.
MOST_TOKENS: Final = 1_024
MOST_PICTURES: Final = 4

Input = str | bytes
At = Callable[[int], None]


class Model(Protocol):
    """An opened model. `tokenizer` is None for one that reads pictures; `most_tokens` is without special ones.

    `script` is that of the language it was trained on ("Latin"), empty where that is not said.
    """

    name: str
    version: str
    task: str
    script: str
    tokenizer: Tokenizer | None
    most_tokens: int

    def predict(self, inputs: Sequence[Input], lengths: Sequence[int], at: At) -> list[Result]:
        """An answer for each text (of so many tokens) or JPEG, in their order; one that fails is an ItemFailure.

        `at` is called with the place of an input before anything is sent or predicted, and again and again while work
        goes on. Raises EndpointError.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def check(plan: Plan) -> tuple[folders.Model, ...]:
    """The model of each step; raises InputError for a step that cannot work, without loading or sending anything."""
    return tuple(_checked(step, plan) for step in plan.steps)


def prepare(plan: Plan, cache: Path) -> None:
    """Check the plan and make its models ready in `cache`, so that no worker has to.

    Raises InputError where a model is unknown or its weights cannot be had. The first time takes half a minute a model.
    """
    for model in {found.name: found for found in check(plan)}.values():
        if plan.endpoint:
            _tokenizer(model, cache)
        else:
            model_cache.folder(model, cache)


def open_model(name: str, plan: Plan, cache: Path, workers: int = 1) -> Model:
    """A model by its name or folder, loaded in this process on one thread, or behind the plan's endpoint.

    `workers` is how many processes share the endpoint. Raises InputError, IntegrityError, ServingError.
    """
    model = find(name)
    if plan.endpoint:
        from serving.documents.remote import Remote

        return Remote(model, _tokenizer(model, cache), plan, workers)
    return Local(model, model_cache.folder(model, cache))


def most_tokens(model: folders.Model, tokenizer: Tokenizer | None) -> int:
    """How many tokens of a text the model reads; 0 for one that reads pictures."""
    return int(model.settings["max_tokens"]) - tokenizer.special_tokens if tokenizer else 0


class Local:
    """A model in this process. Not safe for two threads at once."""

    def __init__(self, model: folders.Model, folder: Path) -> None:
        # Each worker has one core. Libraries read these when they are loaded, and torch's own setting comes too late
        # for the pools of some.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Every batch has a shape of its own. oneDNN keeps what it prepared for 1,024 of them, which grew a worker by
        # 200 MB in 2,000 texts and saved no time.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
        from serving.handlers.adapter import predictor

        self.name, self.version, self.task = model.name, model.version, model.task
        self.script = str(model.settings.get("script", ""))
        self._predictor = predictor(folder)
        import torch

        torch.set_num_threads(1)
        path = folder / "tokenizer.json"
        self.tokenizer = Tokenizer(path) if path.is_file() else None
        self.most_tokens = most_tokens(model, self.tokenizer)

    def predict(self, inputs: Sequence[Input], lengths: Sequence[int], at: At) -> list[Result]:
        """See Model.predict."""
        answers: dict[int, Result] = {}
        for places in _batches(inputs, lengths):
            at(places[0])
            replies = self._replies([inputs[place] for place in places])
            answers.update((place, _result(place, *reply)) for place, reply in zip(places, replies, strict=True))
        return [answers[place] for place in range(len(inputs))]

    def close(self) -> None:
        """Nothing to let go of."""

    def _replies(self, inputs: Sequence[Input]) -> list[tuple[int, bytes]]:
        """Status and body for each; a batch that fails as a whole is tried one by one."""
        from serving.handlers.types import Item

        items = [Item(one.encode(), TEXT) if isinstance(one, str) else Item(one, PICTURE) for one in inputs]
        try:
            return [(reply.status, reply.body) for reply in self._predictor.predict(items)]
        except Exception as error:
            if len(inputs) > 1:
                return [reply for one in inputs for reply in self._replies([one])]
            message = f"The model failed: {type(error).__name__}."
            return [(500, json.dumps({"error": {"message": message}}).encode())]


def _batches(inputs: Sequence[Input], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of inputs that go through the network together, shortest first; equal lengths stay in their order."""
    batch: list[int] = []
    for place in sorted(range(len(inputs)), key=lengths.__getitem__):
        most = MOST_PICTURES if isinstance(inputs[place], bytes) else max(1, MOST_TOKENS // max(1, lengths[place]))
        if len(batch) >= most:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _result(place: int, status: int, body: bytes) -> Result:
    document: Any = json.loads(body)
    if status != 200:
        return ItemFailure(index=place, code=status, message=str(document["error"]["message"]))
    return prediction(document["predictions"][0])


def _checked(step: Step, plan: Plan) -> folders.Model:
    model = find(step.model)
    if model.task not in TASKS[step.read]:
        fitting = ", ".join(name for name in folders.names() if folders.find(name).task in TASKS[step.read])
        raise InputError(f"model {step.model}", f'a {model.task} model cannot read "{step.read}"', f"use {fitting}")
    if plan.redact and step.read == "page":
        action = "use a model that reads text, or leave redact out"
        raise InputError("redact", f"{step.model} looks at pictures of pages, which cannot be searched", action)
    if plan.endpoint:
        endpoint(plan.endpoint, model.name)
    return model


def find(name: str) -> folders.Model:
    """A model of serving/models by its name, or any by its folder; raises InputError that names those there are."""
    if (Path(name) / "model.toml").is_file():
        return folders.Model.read(Path(name))
    there = folders.names()
    if name not in there:
        near = difflib.get_close_matches(name, there, 1)
        listed = f"there are {', '.join(there)}"
        raise InputError(f"model {name}", "no such model", f"did you mean {near[0]}? {listed}" if near else listed)
    return folders.find(name)


def _tokenizer(model: folders.Model, cache: Path) -> Tokenizer | None:
    """That of a model whose weights are elsewhere; None for one that reads pictures."""
    if model.task not in TASKS["text"]:
        return None
    own = tuple(one for one in model.weights if one.role == "tokenizer")
    if not own:
        reason = "no [[weights]] has the role tokenizer, by which texts are cut"
        raise InputError(str(model.folder / "model.toml"), reason, "add the file, or leave the endpoint out")
    return Tokenizer(dataclasses.replace(model, weights=own).files(cache)["tokenizer"])
