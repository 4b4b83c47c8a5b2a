"""How a model is trained: the method and its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from serving.errors import InputError

AUTO: Final = "auto"
DEVICES: Final = (AUTO, "cpu", "cuda")


class Method(StrEnum):
    """What of the network is trained."""

    HEAD = "head"  # its features are computed once; minutes on a CPU
    LORA = "lora"  # small matrices beside the body's own (Hu et al., 2021), and the head
    FULL = "full"  # everything


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One training.

    `rate` is the learning rate of the head (0: the network's own), `body_rate` that of the body or of its adapters;
    `patience`: evaluations without a better score after which it ends; `threads`: of the processor, 0 for all cores;
    `device` auto: the GPU where there is one.
    """

    method: Method = Method.HEAD
    epochs: int = 12
    rate: float = 0.0
    body_rate: float = 0.0
    batch: int = 32
    patience: int = 3
    seed: int = 1
    decay: float = 0.01
    dropout: float = 0.3
    smoothing: float = 0.05
    class_weights: bool = True
    rank: int = 16
    threads: int = 0
    device: str = AUTO
    steps_between: int = 0  # of checkpoints; 0: once an epoch, or every 500 steps of a long one


DEFAULTS: Final[Mapping[Method, Settings]] = MappingProxyType(
    {
        Method.HEAD: Settings(),
        Method.LORA: Settings(method=Method.LORA, epochs=4, body_rate=5e-4),
        Method.FULL: Settings(method=Method.FULL, epochs=5, body_rate=1e-4),
    }
)
LIMITS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "epochs": (1, 1000),
        "rate": (0.0, 1.0),
        "body_rate": (0.0, 1.0),
        "batch": (1, 4096),
        "patience": (1, 1000),
        "seed": (0, 2**31 - 1),
        "dropout": (0.0, 0.9),
        "smoothing": (0.0, 0.5),
        "rank": (1, 256),
        "threads": (0, 1024),
    }
)


def settings(method: Method, **given: Any) -> Settings:
    """A method's defaults with what is given in their place; None gives nothing. Raises InputError."""
    found = replace(DEFAULTS[method], **{key: value for key, value in given.items() if value is not None})
    if found.device not in DEVICES:
        raise InputError("--device", f"{found.device!r} is unknown", f"use {', '.join(DEVICES)}")
    for key, (low, high) in LIMITS.items():
        value = getattr(found, key)
        if not low <= value <= high:
            raise InputError(f"--{key.replace('_', '-')}", f"{value} is out of range", f"give {low:g} to {high:g}")
    return found
