"""Examples as the training loop takes them: by place, gathered into batches of nearly one length."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import torch
from torch.utils.data import Dataset, Sampler

from serving.finetune.encode import Encoder
from serving.finetune.features import Features
from serving.finetune.types import Example

CHUNK: Final = 20  # batches that are sorted by length together


class Rows(Dataset[tuple["Rows", int]]):
    """Examples with their labels' places; an item is only its place, the batch is made in one go."""

    def __init__(
        self, examples: Sequence[Example], labels: Sequence[int], encoder: Encoder, features: Features | None = None
    ) -> None:
        self.examples, self.labels, self._encoder, self._features = examples, labels, encoder, features
        self.lengths = features.lengths if features else encoder.lengths(examples)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, place: int) -> tuple["Rows", int]:
        return self, place

    def batch(self, places: Sequence[int]) -> dict[str, Any]:
        """What the network's forward takes."""
        labels = torch.tensor([self.labels[place] for place in places])
        if self._features:
            features, inputs = self._features.batch(places)
            return {"inputs": inputs, "features": features, "labels": labels}
        return {"inputs": self._encoder.inputs([self.examples[place] for place in places]), "labels": labels}


def gathered(items: Sequence[tuple[Rows, int]]) -> dict[str, Any]:
    """A batch of one set's items."""
    rows = items[0][0]
    return rows.batch([place for _, place in items])


class Grouped(Sampler[int]):
    """All places once an epoch: shuffled, then sorted by length within chunks, whose batches are shuffled again.

    The order follows from seed and epoch alone, so that a training that was killed goes on with the same batches.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self._lengths, self._batch, self._seed, self._epoch = lengths, batch, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the loop before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        random = torch.Generator().manual_seed(self._seed + 1_000_003 * self._epoch)
        order = torch.randperm(len(self._lengths), generator=random).tolist()
        batches = []
        for start in range(0, len(order), CHUNK * self._batch):
            some = sorted(order[start : start + CHUNK * self._batch], key=self._lengths.__getitem__)
            batches += [some[i : i + self._batch] for i in range(0, len(some), self._batch)]
        # A batch that is not full must be the last: the loop cuts the stream into batches again.
        full = [batch for batch in batches if len(batch) == self._batch]
        rest = [place for batch in batches if len(batch) < self._batch for place in batch]
        for place in torch.randperm(len(full), generator=random).tolist():
            yield from full[place]
        yield from rest
