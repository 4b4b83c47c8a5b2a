"""What a frozen body sees, computed once and kept in files, so that an epoch of the head takes seconds."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from serving.finetune.encode import Encoder
from serving.finetune.types import Example

BATCH: Final = 32
Said = Callable[[int, int], None]


class Features:
    """Features of examples by place: per tensor one file; of texts a row per token, of images one row each.

    Kept as 16-bit numbers where there is a row per token, else as 32-bit ones. A file appears only when it is whole.
    """

    def __init__(
        self, network: Any, encoder: Encoder, examples: Sequence[Example], at: Path, said: Said, device: str = "cpu"
    ) -> None:
        self._examples, self._encoder, self._at, self._device = examples, encoder, at, device
        self.lengths = encoder.lengths(examples)
        at.mkdir(parents=True, exist_ok=True)
        about = at / "features.json"
        if not about.is_file():
            about.write_text(json.dumps(self._compute(network, said)), encoding="utf-8")
        self._open(json.loads(about.read_text(encoding="utf-8")))

    def batch(self, places: Sequence[int]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Features of some examples, padded to the longest, and their inputs."""
        import numpy as np
        import torch

        made = []
        for file, per_token in zip(self._files, self._per_token, strict=True):
            if not per_token:
                made.append(torch.from_numpy(np.array(file[list(places)])))
                continue
            longest = max(self.lengths[place] for place in places)
            padded = np.zeros((len(places), longest, file.shape[1]), np.float32)
            for line, place in enumerate(places):
                start = self._starts[place]
                padded[line, : self.lengths[place]] = file[start : start + self.lengths[place]]
            made.append(torch.from_numpy(padded))
        # A head that looks at each token also looks at the ids; pixels it never sees again.
        inputs = self._encoder.inputs([self._examples[place] for place in places]) if any(self._per_token) else ()
        return tuple(made), inputs

    def _compute(self, network: Any, said: Said) -> dict[str, Any]:
        import numpy as np
        import torch

        files: list[Any] = []
        shapes: list[Any] = []
        starts, total = self._places()
        network.eval().to(self._device)
        with torch.inference_mode():
            for done, places in self._batches():
                inputs = self._encoder.inputs([self._examples[place] for place in places])
                found = network.features(*(tensor.to(self._device) for tensor in inputs))
                for number, tensor in enumerate(found):
                    per_token = tensor.dim() == 3
                    if len(files) == number:
                        rows = total if per_token else len(self._examples)
                        shapes.append({"per_token": per_token, "shape": [rows, tensor.shape[-1]]})
                        path = self._at / f"{number}.partial"
                        files.append(np.memmap(path, _kind(per_token), "w+", shape=(rows, tensor.shape[-1])))
                    values = tensor.float().cpu().numpy()
                    for line, place in enumerate(places):
                        if per_token:
                            length = self.lengths[place]
                            files[number][starts[place] : starts[place] + length] = values[line, :length]
                        else:
                            files[number][place] = values[line]
                said(done, len(self._examples))
        for number, file in enumerate(files):
            file.flush()
            (self._at / f"{number}.partial").replace(self._at / f"{number}.features")
        return {"tensors": shapes}

    def _open(self, about: dict[str, Any]) -> None:
        import numpy as np

        self._starts, _ = self._places()
        self._per_token = [row["per_token"] for row in about["tensors"]]
        self._files = [
            np.memmap(self._at / f"{number}.features", _kind(row["per_token"]), "r", shape=tuple(row["shape"]))
            for number, row in enumerate(about["tensors"])
        ]

    def _places(self) -> tuple[list[int], int]:
        starts, total = [], 0
        for length in self.lengths:
            starts.append(total)
            total += length
        return starts, total

    def _batches(self) -> Iterator[tuple[int, list[int]]]:
        """Examples of one length together; how many are done after each batch."""
        order = sorted(range(len(self._examples)), key=self.lengths.__getitem__)
        for start in range(0, len(order), BATCH):
            yield min(start + BATCH, len(order)), order[start : start + BATCH]


def _kind(per_token: bool) -> Any:
    import numpy as np

    return np.float16 if per_token else np.float32
