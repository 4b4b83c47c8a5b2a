"""EfficientNet-Lite0 from its PyPI packages, batch normalisation folded into the convolutions.

A version that was trained on other labels brings its own `head` (and `labels.txt`), and its own body where that was
trained, too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

SIDE = 224
MEAN, SCALE = 127.0, 128.0  # of the published model: pixels become (x - 127) / 128


class Classifier(nn.Module):
    """Pixels, uint8 [batch, height, width, 3], to probabilities [batch, classes]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Normalise, run, and make probabilities."""
        return torch.softmax(self.body(_scaled(pixels)), dim=1)


class Tunable(nn.Module):
    """The same in two halves, for training: a body whose features may be computed once, and a linear head."""

    adapters = ("_expand_conv", "_project_conv", "_conv_head")
    head_bits, head_rate = 32, 1e-2

    def __init__(self, body: Any, dropout: float) -> None:
        super().__init__()
        self.head = body._fc
        body._fc = nn.Identity()
        body._dropout = nn.Identity()  # the head's own stands before it
        _make_plain(body, self.adapters)
        self.body, self.dropout = body, nn.Dropout(dropout)

    def features(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What the network has seen, [batch, 1280]."""
        return (self.body(_scaled(pixels)),)

    def logits(self, features: Sequence[torch.Tensor], *inputs: torch.Tensor) -> torch.Tensor:
        """[batch, classes]."""
        made: torch.Tensor = self.head(self.dropout(features[0]))
        return made


def network(weights: Mapping[str, Path]) -> nn.Module:
    """The network with the weights of the files."""
    body = _body(weights)
    body.eval().requires_grad_(False)
    _fold(body, ("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))
    for block in body._blocks:
        first = (("_expand_conv", "_bn0"),) if hasattr(block, "_expand_conv") else ()
        _fold(block, *first, ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
    return Classifier(body.to(memory_format=torch.channels_last))


def tunable(weights: Mapping[str, Path], classes: int, *, same_labels: bool, dropout: float) -> Tunable:
    """What can be trained, as the files have it; with other labels the head begins anew."""
    body = _body(weights)
    if not same_labels:
        body._fc = nn.Linear(body._fc.in_features, classes)
        nn.init.zeros_(body._fc.weight)
        nn.init.zeros_(body._fc.bias)
    return Tunable(body, dropout)


def example(batch: int) -> tuple[torch.Tensor, ...]:
    """Inputs of the right shape, always the same."""
    made = torch.Generator().manual_seed(batch)
    return (torch.randint(0, 256, (batch, SIDE, SIDE, 3), dtype=torch.uint8, generator=made),)


def files(weights: Mapping[str, Path]) -> Mapping[str, Path]:
    """What else the handler needs."""
    return {"labels.txt": Path(__file__).with_name("labels.txt")}


def _scaled(pixels: torch.Tensor) -> torch.Tensor:
    return (pixels.permute(0, 3, 1, 2).to(torch.float32) - MEAN) * (1 / SCALE)


def _body(weights: Mapping[str, Path]) -> Any:
    """The network as its authors wrote it; `head` in the files takes the place of its last layer."""
    from efficientnet_lite_pytorch import EfficientNet
    from safetensors.torch import load_file

    body = EfficientNet.from_name("efficientnet-lite0")
    if weights["weights"].suffix == ".safetensors":  # a trained body, without a last layer
        head = body._fc
        body._fc = nn.Identity()
        body.load_state_dict(load_file(weights["weights"]))
        body._fc = head
    else:
        body.load_state_dict(torch.load(weights["weights"], map_location="cpu", weights_only=True))
    if "head" in weights:
        state = load_file(weights["head"])
        body._fc = nn.Linear(body._fc.in_features, len(state["bias"]))
        body._fc.load_state_dict(state)
    return body


def _make_plain(body: Any, names: Sequence[str]) -> None:
    """Put plain convolutions in the place of the package's own, which is the same where the kernel is 1 by 1.

    What makes adapters makes them of the same class, and the package's cannot be made without the image's size.
    """
    for owner in (body, *body._blocks):
        for name in names:
            own = getattr(owner, name, None)
            if own is not None:
                plain = nn.Conv2d(own.in_channels, own.out_channels, 1, bias=own.bias is not None)
                plain.load_state_dict(own.state_dict())
                setattr(owner, name, plain)


def _fold(owner: Any, *pairs: tuple[str, str]) -> None:
    for convolution, normalisation in pairs:
        conv, norm = getattr(owner, convolution), getattr(owner, normalisation)
        conv.weight, conv.bias = fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        setattr(owner, normalisation, nn.Identity())
