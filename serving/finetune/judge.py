"""What a model says of the test part, through the network that is served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from serving.finetune import encode
from serving.finetune.scores import Measured, Scores, difference, scored
from serving.finetune.types import Example
from serving.model import Model

BATCH: Final = 64
SHORT, LONG = "shorter third", "longer third"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one side said of each example: a place in `labels`, -1 for none of them; `sure` its score, where known."""

    labels: tuple[str, ...]
    found: Any
    sure: Any = None


def answers(model: Model, files: Mapping[str, Path], examples: Sequence[Example], device: str = "cpu") -> Answers:
    """Run a model over examples; float32 [n, classes] become the likeliest label and its score."""
    import numpy as np
    import torch

    labels = encode.current_labels(model)
    encoder = encode.encoder(model, files)
    network = model.network().network(files).eval().to(device)
    scores = np.zeros((len(examples), len(labels)), np.float32)
    order = np.argsort(encoder.lengths(examples), kind="stable")
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            inputs = encoder.inputs([examples[place] for place in places])
            scores[places] = network(*(tensor.to(device) for tensor in inputs)).cpu().numpy()
    return Answers(labels=labels, found=scores.argmax(1), sure=scores.max(1))


def mapped(said: Answers, labels: Sequence[str]) -> Answers:
    """The same answers as places in other labels."""
    import numpy as np

    place = {label: number for number, label in enumerate(labels)}
    table = np.array([place.get(label, -1) for label in said.labels] + [-1])
    return Answers(labels=tuple(labels), found=table[said.found], sure=said.sure)


def shares_labels(said: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether a side knows all labels of the data: else its score would say nothing."""
    return set(labels) <= set(said)


def judged(examples: Sequence[Example], labels: Sequence[str], said: Answers) -> Scores:
    """Scores of one side's answers."""
    return scored(truth(examples, labels), said.found, labels, said.sure, slices(examples))


def apart(examples: Sequence[Example], labels: Sequence[str], ours: Answers, theirs: Answers) -> Measured:
    """Macro F1 of `ours` less that of `theirs`, on the examples both were asked."""
    return difference(truth(examples, labels), ours.found, theirs.found, len(labels))


def truth(examples: Sequence[Example], labels: Sequence[str]) -> Any:
    """Labels of examples as places, int64 [n]."""
    import numpy as np

    place = {label: number for number, label in enumerate(labels)}
    return np.array([place[example.label] for example in examples], np.int64)


def slices(examples: Sequence[Example]) -> dict[str, Any]:
    """Parts of the test part that may be harder, bool [n] each: by length of the text, and by the data's own column."""
    import numpy as np

    made: dict[str, Any] = {}
    if not any(example.image for example in examples):
        lengths = np.array([len(example.text) for example in examples])
        low, high = np.quantile(lengths, [1 / 3, 2 / 3])
        made[f"{SHORT} (up to {low:.0f} characters)"] = lengths <= low
        made[f"{LONG} (from {high:.0f} characters)"] = lengths >= high
    for name in sorted({example.slice for example in examples if example.slice}):
        made[name] = np.array([example.slice == name for example in examples])
    return made
