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
        about = {"compiled": _compile(network, module, place) if compiled else None}
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
    """Compile for fixed batches, which is fastest; where texts vary in length, one form for all lengths and batches."""
    import torch

    fixed = () if hasattr(network, "dynamic_shapes") else BATCHES
    for batch in fixed:
        example = network.example(batch)
        _package(module, example, None, place / forms.compiled_name(batch), [example])
    if not fixed:
        examples = [network.example(batch) for batch in (1, 3, 8)]
        _package(module, network.example(2), network.dynamic_shapes(), place / forms.compiled_name(forms.ANY), examples)
    return {"capability": forms.capability(), "torch": torch.__version__, "batches": list(fixed)}


def _package(module: Any, example: Sequence[Any], shapes: Any, target: Path, tried: Sequence[Sequence[Any]]) -> None:
    import torch

    program = torch.export.export(module, tuple(example), dynamic_shapes=shapes)
    torch._inductor.aoti_compile_and_package(program, package_path=str(target), inductor_configs={"freezing": True})
    loaded = torch._inductor.aoti_load_package(str(target))
    for inputs in tried:
        _agrees(loaded, module, inputs, f"compiled, {len(inputs[0])} together")


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
