"""The forms of a network that an archive carries: exported for any machine, compiled for this one."""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from serving.errors import ServingError
from serving.handlers import forms

# Batches a compiled form is made for. On a CPU the time per item hardly depends on the batch; larger ones only wait.
BATCHES: Final = (1, 4)
# Folding and reordering of 32-bit sums; above it a form is wrong rather than rounded.
TOLERANCE: Final = 1e-3


def write_forms(network: ModuleType, weights: Mapping[str, Path], folder: Path, *, compiled: bool) -> None:
    """Write `folder`/forms. Raises ServingError when a form answers otherwise than the network itself."""
    import torch

    place = folder / forms.FOLDER
    place.mkdir(parents=True)
    module = network.network(weights).eval()
    with torch.no_grad(), warnings.catch_warnings():
        # torch tells its own developers about storage orders and coming removals; every form is compared below.
        warnings.simplefilter("ignore")
        _export(network, module, place / forms.EXPORTED)
        # Compiled forms are for one shape; where other dimensions than the batch vary, the exported form serves.
        fixed = not hasattr(network, "dynamic_shapes")
        about = {"compiled": _compile(network, module, place) if compiled and fixed else None}
    (place / forms.ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True), encoding="utf-8")


def _export(network: ModuleType, module: Any, target: Path) -> None:
    import torch

    example = network.example(2)
    dynamic = network.dynamic_shapes() if hasattr(network, "dynamic_shapes") else _batch_only(example)
    torch.export.save(torch.export.export(module, example, dynamic_shapes=dynamic), target)
    loaded = torch.export.load(target).module()
    for batch in (1, 3):
        _agrees(loaded, module, network.example(batch), "exported")


def _compile(network: ModuleType, module: Any, place: Path) -> dict[str, Any]:
    import torch

    for batch in BATCHES:
        example = network.example(batch)
        path = str(place / forms.compiled_name(batch))
        program = torch.export.export(module, example)
        torch._inductor.aoti_compile_and_package(program, package_path=path, inductor_configs={"freezing": True})
        _agrees(torch._inductor.aoti_load_package(path), module, example, f"compiled for {batch}")
    return {"capability": forms.capability(), "torch": torch.__version__, "batches": list(BATCHES)}


def _batch_only(example: Sequence[Any]) -> tuple[tuple[Mapping[int, Any], ...]]:
    import torch

    batch = torch.export.Dim("batch", min=1, max=512)
    # One tuple around all: the network's forward takes them by position.
    return tuple({0: batch} for _ in example)  # type: ignore[return-value]


def _agrees(form: Callable[..., Any], module: Callable[..., Any], example: Sequence[Any], name: str) -> None:
    away = float((form(*example) - module(*example)).abs().max())
    if not away <= TOLERANCE:
        reason = f"its answers are {away:.2g} away from the network's"
        raise ServingError(f"form {name}", reason, "archive without --compile, and report it")
