"""How exactly a network counts: the `precision` and `compile` settings of a model.

`float32` unless a model says otherwise. Of networks the other two are mixed precision: sums of products in 16 bits,
everything that needs more stays in 32. Of language models they are the precision of the weights.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from serving.handlers.types import Loading

FLOAT32, BFLOAT16, FLOAT16 = "float32", "bfloat16", "float16"
PRECISIONS = (FLOAT32, BFLOAT16, FLOAT16)


def wrong(settings: Mapping[str, Any], task: str) -> "tuple[str, str] | None":
    """What is wrong with a model's settings and what to do, in a line each; None when nothing is."""
    found = settings.get("precision", FLOAT32)
    if found not in PRECISIONS:
        return f"precision {found!r}", f"use one of {', '.join(PRECISIONS)}, or leave it out"
    compiled = settings.get("compile", False)
    if not isinstance(compiled, bool):
        return f"compile {compiled!r}", "write true or false"
    if compiled and task == "text-generation":
        # Its keys and values grow with each step: each length would be compiled anew.
        return "compile = true is not for text-generation", "leave compile out"
    return None


def of(loading: Loading, gpu: str = FLOAT32) -> str:
    """The precision to count in; `gpu` is the default there. Raises ValueError for an unknown one."""
    found = str(loading.settings.get("precision", FLOAT32 if loading.device == "cpu" else gpu))
    if found not in PRECISIONS:
        raise ValueError(f"precision {found!r}: use one of {', '.join(PRECISIONS)}")
    return found


def kind(name: str) -> Any:
    """The torch.dtype of a precision."""
    import torch

    return {FLOAT32: torch.float32, BFLOAT16: torch.bfloat16, FLOAT16: torch.float16}[name]


def mixed(name: str, device: str) -> AbstractContextManager[Any]:
    """Within it a network's sums of products are of this precision."""
    import torch

    if name == FLOAT32:
        return nullcontext()
    return torch.autocast(torch.device(device).type, kind(name))
