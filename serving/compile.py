"""The forms of a network that an archive carries: exported for any machine, compiled for this one."""

import builtins
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from serving.errors import ServingError
from serving.handlers import exported, forms

# Batches a compiled form is made for. On a CPU the time per item hardly depends on the batch; larger ones only wait.
BATCHES: Final = (1, 4)
# Folding and reordering of 32-bit sums; above it a form is wrong rather than rounded.
TOLERANCE: Final = 1e-3

# The part that checks the shapes of what comes in; whoever calls a network has done so. (The operator that is left out
# beside it says what held for the example, its device too.)
GUARDS: Final = "_guards_fn"
HEAD: Final = "from math import inf, nan\n\nimport torch\n\n\n"
# What torch counts among the names of every graph; of these the source reads only those that its head brings.
PROVIDED: Final = frozenset({"inf", "nan", "torch", "device", "NoneType", "fx_pytree", "pytree"})


def write_forms(network: ModuleType, weights: Mapping[str, Path], folder: Path, *, compiled: bool) -> None:
    """Write `folder`/forms. Raises ServingError when a form answers otherwise than the network itself."""
    import torch

    place = folder / forms.FOLDER
    place.mkdir(parents=True)
    module = network.network(weights).eval()
    with torch.no_grad(), warnings.catch_warnings():
        # torch tells its own developers about storage orders and coming removals; every form is compared below.
        warnings.simplefilter("ignore")
        _export(network, module, place)
        about = {"compiled": _compile(network, module, place) if compiled else None}
    (place / forms.ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True), encoding="utf-8")


def _export(network: ModuleType, module: Any, place: Path) -> None:
    import torch

    example = network.example(2)
    dynamic = network.dynamic_shapes() if hasattr(network, "dynamic_shapes") else _batch_only(example)
    program = torch.export.export(module, example, dynamic_shapes=dynamic).module()
    source, weights = _written(program)
    (place / exported.GRAPH).write_text(source, encoding="utf-8")
    torch.save(weights, place / exported.WEIGHTS)
    loaded = exported.load(place)
    for batch in (1, 3):
        _agrees(loaded, module, network.example(batch), "exported")


def _written(program: Any) -> tuple[str, dict[str, Any]]:
    """The graph of an exported program as Python source, and the tensors that this reads, by their names in it."""
    import torch
    from torch.fx.graph import CodeGen

    graph, weights = program.graph, {}
    for node in list(graph.nodes):
        if node.target in (GUARDS, torch.ops.aten._assert_tensor_metadata.default):
            graph.erase_node(node)
        elif node.op == "get_attr" and torch.is_tensor(found := attrgetter(node.target)(program)):
            node.target = node.name
            weights[node.name] = found.detach().contiguous()
        elif node.op in ("call_module", "get_attr"):
            raise _unwritable(f"it calls the part {node.target}")
        elif node.op == "output":
            ((answer,),) = node.args
            node.args = (answer,)
    _free_of_device(graph)
    # The program's own code takes arguments of any nesting apart and puts its answers together again.
    graph.set_codegen(CodeGen())
    code = graph.python_code("self")
    if unknown := sorted(code.globals.keys() - PROVIDED - set(dir(builtins))):
        raise _unwritable(f"it calls {', '.join(unknown)}")
    return HEAD + code.src.strip() + "\n", weights


def _free_of_device(graph: Any) -> None:
    """New tensors are made where the first input lies, not where the network was exported."""
    import torch
    from torch.fx.node import map_aggregate

    first, *_ = inputs = [node for node in graph.nodes if node.op == "placeholder"]
    with graph.inserting_after(inputs[-1]):
        where = graph.call_function(getattr, (first, "device"))

    def placed(value: Any) -> Any:
        return where if isinstance(value, torch.device) else value

    for node in graph.nodes:
        node.args, node.kwargs = map_aggregate(node.args, placed), map_aggregate(node.kwargs, placed)


def _unwritable(reason: str) -> ServingError:
    return ServingError("form exported", reason, "write the network without that, as Python around one graph")


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
    loaded = forms.open_compiled(target)
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
