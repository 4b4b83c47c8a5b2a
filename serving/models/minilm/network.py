"""all-MiniLM-L6-v2 from its PyPI package: tokens to one normalised sentence embedding."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

WIDTH, LAYERS, HEADS, POSITIONS = 384, 6, 12, 512  # of the published config.json
FEWEST_TOKENS = 2  # [CLS] and [SEP] of an empty text


class Embedder(nn.Module):
    """Token ids and mask, int64 [batch, length], to unit vectors [batch, 384]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Mean of the tokens that the mask keeps, brought to length 1."""
        hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        return nn.functional.normalize(mean, dim=1)


def network(weights: Mapping[str, Path]) -> nn.Module:
    """The network with the weights of the file."""
    return Embedder(body(weights))


def body(weights: Mapping[str, Path]) -> Any:
    """The transformer itself, without the published pooling layer, which the embedding does not use."""
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    config = BertConfig(  # type: ignore[call-arg] # the parent takes the last
        vocab_size=30522,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=POSITIONS,
        attn_implementation="sdpa",
    )
    made: Any = BertModel(config, add_pooling_layer=False)
    skipped = ("pooler.", "embeddings.position_ids")
    made.load_state_dict({k: v for k, v in load_file(weights["weights"]).items() if not k.startswith(skipped)})
    return made.eval().requires_grad_(False)


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
    length = torch.export.Dim("length", min=FEWEST_TOKENS, max=POSITIONS)
    return ({0: batch, 1: length}, {0: batch, 1: length})


def files(weights: Mapping[str, Path]) -> Mapping[str, Path]:
    """What else the handler needs."""
    return {"tokenizer.json": weights["tokenizer"]}
