"""The network as it is trained: what is frozen, what learns at which rate, and the loss."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from serving.errors import InputError
from serving.finetune.encode import current_labels
from serving.finetune.settings import Method, Settings
from serving.model import Model


class Trainee(nn.Module):
    """A model's two halves and its loss; with `HEAD` the body is kept aside and only features come in."""

    def __init__(self, tunable: Any, settings: Settings, weights: Sequence[float] | None) -> None:
        super().__init__()
        self.head = tunable.head
        self._settings = settings
        # In a tuple: a module that is no part of this one is neither trained, nor moved, nor written to checkpoints.
        self._whole = (tunable,)
        if settings.method is Method.LORA:
            tunable.body = _with_adapters(tunable, settings.rank)
        if settings.method is Method.FULL:
            tunable.body.requires_grad_(True)
        self.body = nn.Identity() if settings.method is Method.HEAD else tunable.body
        loss_weights = torch.tensor(weights) if weights else None
        self._loss = nn.CrossEntropyLoss(loss_weights, label_smoothing=settings.smoothing)

    def forward(self, inputs: Any, labels: Any, features: Any = None) -> dict[str, Any]:
        """Loss and logits; `features` where the body's work is done already."""
        (tunable,) = self._whole
        seen = tunable.features(*inputs) if features is None else features
        logits = tunable.logits(seen, *inputs)
        return {"loss": self._loss(logits, labels), "logits": logits}

    def train(self, mode: bool = True) -> "Trainee":
        """As in torch, for both halves; normalisation keeps its published means, which small batches would spoil."""
        super().train(mode)
        (tunable,) = self._whole
        tunable.train(mode)
        for module in tunable.body.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def groups(self) -> list[dict[str, Any]]:
        """Parameters with their rates; word tables, scales and offsets do not decay."""
        found = []
        own_rate = self._settings.rate or self._whole[0].head_rate
        for part, rate in ((self.head, own_rate), (self.body, self._settings.body_rate)):
            for decays in (True, False):
                own = [p for n, p in part.named_parameters() if p.requires_grad and _decays(n, p) is decays]
                if own:
                    decay = self._settings.decay if decays else 0.0
                    found.append({"params": own, "lr": rate, "weight_decay": decay})
        return found

    def states(self) -> dict[str, dict[str, Any]]:
        """What a version keeps, by role: the head, and the body where it was trained (adapters merged into it)."""
        (tunable,) = self._whole
        bits = torch.float16 if tunable.head_bits == 16 else torch.float32
        states = {"head": _state(self.head, bits)}
        if self._settings.method is not Method.HEAD:
            body: Any = self.body
            if self._settings.method is Method.LORA:
                body = body.merge_and_unload()
            states["weights"] = _state(body, torch.float32)
        return states


def tunable(model: Model, files: Mapping[str, Path], labels: Sequence[str], settings: Settings) -> Any:
    """The model's two halves; raises InputError where its network.py does not offer them."""
    module = model.network()
    if not hasattr(module, "tunable"):
        reason = "its network.py has no `tunable`: it cannot be trained"
        raise InputError(f"model {model.name}", reason, "take another model, or add it (docs/finetune.md)")
    torch.manual_seed(settings.seed)
    same = tuple(labels) == tuple(current_labels(model) or ())
    return module.tunable(files, len(labels), same_labels=same, dropout=settings.dropout)


def _with_adapters(tunable: Any, rank: int) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.05, target_modules=list(tunable.adapters))
    with warnings.catch_warnings():
        # peft asks transformers by a name that the latter will drop; both are pinned.
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(tunable.body, config)


def _decays(name: str, parameter: Any) -> bool:
    return parameter.dim() > 1 and not name.startswith("words.")


def _state(module: Any, bits: Any) -> dict[str, Any]:
    """Weights as they are written; whole numbers (a table of words) stay whole."""
    return {
        name: (value.detach().to("cpu", bits) if value.is_floating_point() else value.detach().cpu()).contiguous()
        for name, value in module.state_dict().items()
    }
