"""ResNet-50 with torchvision's weights, without torchvision: batch normalisation folded into the convolutions.

He et al., Deep Residual Learning for Image Recognition (arXiv:1512.03385); as in torchvision the 3x3 convolution of a
block carries the stride. Names are those of the published file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

SIDE = 224
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels from 0 to 1
STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # width, blocks, stride of the first
EXPANSION = 4


class Block(nn.Module):
    """Narrow, look around, widen, and add what came in."""

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        outside = width * EXPANSION
        self.conv1, self.bn1 = nn.Conv2d(inside, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outside, 1, bias=False), nn.BatchNorm2d(outside)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or inside != outside:
            shortcut = nn.Conv2d(inside, outside, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outside))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[batch, inside, h, w] to [batch, 4 * width, h / stride, w / stride]."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet50(nn.Module):
    """Pixels, uint8 [batch, height, width, 3], to probabilities [batch, 1000]."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        inside = 64
        for number, (width, count, stride) in enumerate(STAGES, 1):
            blocks = []
            for place in range(count):
                blocks.append(Block(inside, width, 1 if place else stride))
                inside = width * EXPANSION
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inside, 1000)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer("scale", 1 / (torch.tensor(DEVIATION).view(1, 3, 1, 1) * 255), persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Normalise, run, and make probabilities."""
        x = (pixels.permute(0, 3, 1, 2).to(torch.float32) - self.mean) * self.scale
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        for number in range(1, len(STAGES) + 1):
            x = getattr(self, f"layer{number}")(x)
        return torch.softmax(self.fc(x.mean((2, 3))), dim=1)


def network(weights: Mapping[str, Path]) -> nn.Module:
    """The network with the weights of the file."""
    made: Any = ResNet50()
    made.load_state_dict(torch.load(weights["weights"], map_location="cpu", weights_only=True))
    made.eval().requires_grad_(False)
    for module in list(made.modules()):
        _fold(module)
    moved: nn.Module = made.to(memory_format=torch.channels_last)
    return moved


def example(batch: int) -> tuple[torch.Tensor, ...]:
    """Inputs of the right shape, always the same."""
    made = torch.Generator().manual_seed(batch)
    return (torch.randint(0, 256, (batch, SIDE, SIDE, 3), dtype=torch.uint8, generator=made),)


def files(weights: Mapping[str, Path]) -> Mapping[str, Path]:
    """ImageNet's labels stand in the same order for every network trained on it."""
    return {"labels.txt": Path(__file__).parents[1] / "efficientnet_lite0" / "labels.txt"}


def _fold(owner: nn.Module) -> None:
    """Fold each of a module's normalisations into the convolution that stands right before it."""
    before: Any = None
    for name, child in list(owner.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(before, nn.Conv2d):
            conv, norm = before, cast(Any, child)
            conv.weight, conv.bias = fuse_conv_bn_weights(
                conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
            )
            setattr(owner, name, nn.Identity())
        before = child
