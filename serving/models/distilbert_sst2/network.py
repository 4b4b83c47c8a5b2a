"""DistilBERT fine-tuned on SST-2, from the hub: tokens to probabilities of negative and positive."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from serving.models.minilm import network as minilm

# Its tokens, their most (512) and its tokenizer are those of MiniLM, which comes of the same family.
example, dynamic_shapes, files = minilm.example, minilm.dynamic_shapes, minilm.files


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
