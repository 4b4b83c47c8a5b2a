"""DistilBERT fine-tuned on SST-2, from the hub: tokens to probabilities of negative and positive."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

POSITIONS = 512


class Classifier(nn.Module):
    """Token ids and mask, int64 [batch, length], to probabilities [batch, 2]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Negative first, as in the published config.json."""
        return torch.softmax(self.body(input_ids=input_ids, attention_mask=attention_mask).logits, dim=1)


def network(weights: Mapping[str, Path]) -> nn.Module:
    """The network with the weights of the file."""
    from safetensors.torch import load_file
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    # The defaults of DistilBertConfig are the published values.
    config = DistilBertConfig(num_labels=2, attn_implementation="sdpa")  # type: ignore[call-arg] # the parent takes them
    body: Any = DistilBertForSequenceClassification(config)
    body.load_state_dict(load_file(weights["weights"]))
    return Classifier(body.eval().requires_grad_(False))


def example(batch: int) -> tuple[torch.Tensor, ...]:
    """Inputs of the right shape, always the same; later texts are shorter, so that the mask matters."""
    made = torch.Generator().manual_seed(batch)
    length = 8 + 4 * batch
    ids = torch.randint(1000, 30000, (batch, length), generator=made)
    mask = (torch.arange(length) < length - 2 * torch.arange(batch).unsqueeze(1)).to(torch.int64)
    return ids * mask, mask


def dynamic_shapes() -> tuple[Mapping[int, Any], ...]:
    """Batch and length may vary from call to call."""
    batch = torch.export.Dim("batch", min=1, max=1024)
    length = torch.export.Dim("length", min=2, max=POSITIONS)
    return ({0: batch, 1: length}, {0: batch, 1: length})


def files(weights: Mapping[str, Path]) -> Mapping[str, Path]:
    """What else the handler needs."""
    return {"tokenizer.json": weights["tokenizer"]}
