"""Examples as a network takes them: token ids or pixels, through the very code that serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from serving.errors import InputError
from serving.finetune.types import Example
from serving.handlers import image_classification, tokens
from serving.model import Model

IMAGES, TEXTS = "image-classification", "sentiment"
TASKS: Final = (IMAGES, TEXTS)


class Encoder(Protocol):
    """Examples of one model."""

    def lengths(self, examples: Sequence[Example]) -> list[int]:
        """How long each is, for batches of nearly one length; all the same where length does not vary."""
        ...

    def inputs(self, examples: Sequence[Example]) -> tuple[Any, ...]:
        """A batch: what the network's forward takes, the batch first."""
        ...


@dataclass(frozen=True)
class Texts:
    """Texts as ids and mask, int64 [batch, length]."""

    tokenizer: tokens.Tokenizer

    def lengths(self, examples: Sequence[Example]) -> list[int]:
        """Tokens of each, as far as the model reads."""
        return [len(row.ids) for row in self.tokenizer([example.text for example in examples])]

    def inputs(self, examples: Sequence[Example]) -> tuple[Any, ...]:
        """Ids and mask, padded to the longest."""
        import torch

        rows = self.tokenizer([example.text for example in examples])
        ids = torch.full((len(rows), max(len(row.ids) for row in rows)), self.tokenizer.padding)
        mask = torch.zeros_like(ids)
        for line, row in enumerate(rows):
            ids[line, : len(row.ids)] = torch.tensor(row.ids)
            mask[line, : len(row.ids)] = 1
        return ids, mask


@dataclass(frozen=True)
class Images:
    """Images as pixels, uint8 [batch, side, side, 3]."""

    side: int
    resize_to: int
    most_pixels: int

    def lengths(self, examples: Sequence[Example]) -> list[int]:
        """All alike."""
        return [1] * len(examples)

    def inputs(self, examples: Sequence[Example]) -> tuple[Any, ...]:
        """The centres of the images."""
        import numpy as np
        import torch

        decoded = [
            image_classification.decode(_bytes(example.image), self.side, self.resize_to, self.most_pixels)
            for example in examples
        ]
        return (torch.from_numpy(np.stack(decoded)),)


def encoder(model: Model, files: Mapping[str, Path]) -> Encoder:
    """The encoder of a model; raises InputError for a task that no labels are learned for."""
    given = model.settings
    if model.task == TEXTS:
        return Texts(tokens.Tokenizer(files["tokenizer"], int(given["max_tokens"])))
    if model.task == IMAGES:
        most = int(given["most_megapixels"]) * 1_000_000
        return Images(int(given["image_size"]), int(given["resize_to"]), most)
    raise InputError(f"model {model.name}", f"its task is {model.task}", f"take a model of {' or '.join(TASKS)}")


def current_labels(model: Model) -> tuple[str, ...]:
    """The labels of a model's outputs, in their order."""
    if "labels" in model.settings:
        return tuple(model.settings["labels"])
    module = model.network()
    names = module.files({}).get("labels.txt")
    return tuple(names.read_text(encoding="utf-8").splitlines()) if names else ()


def _bytes(path: Path | None) -> bytes:
    if path is None:
        raise InputError("data", "it holds texts, and the model takes images", "give a folder per class")
    return path.read_bytes()
