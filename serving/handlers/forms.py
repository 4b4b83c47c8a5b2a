"""The forms in which a network lies in an archive, and the fastest one that this machine can run.

`forms/exported.py` runs anywhere. `forms/cpu-batch-<n>.pt2` are compiled ahead of time for one instruction set and one
batch size, `forms/cpu-batch-any.pt2` for all; they need no compiler here. All forms answer alike within the tolerance
that the archive was built with.
"""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from serving.handlers import exported, precision
from serving.handlers.types import Loading

FOLDER = "forms"
ABOUT = "forms.json"
ANY = "any"
log = logging.getLogger(__name__)


def compiled_name(batch: int | str) -> str:
    """File name of the compiled form for one batch size, or for `any`."""
    return f"cpu-batch-{batch}.pt2"


def capability() -> str:
    """The instruction set that compiled forms are made for, as torch names it (AVX512, AVX2, DEFAULT ...)."""
    import torch

    return str(torch.backends.cpu.get_cpu_capability())


class Network:
    """Runs a batch of any size through the forms there are. Not safe for two threads at once."""

    def __init__(
        self,
        sizes: Mapping[int, Callable[..., Any]],
        other: Callable[..., Any] | None,
        form: str,
        counts: str = precision.FLOAT32,
        device: str = "cpu",
    ) -> None:
        self.form = form
        self._counts, self._device = counts, device
        self._sizes = dict(sorted(sizes.items(), reverse=True))
        self._other = other

    def __call__(self, *inputs: Any) -> Any:
        """Outputs for inputs whose first dimension is the batch, as one tensor of 32-bit numbers."""
        import torch

        with torch.inference_mode(), precision.mixed(self._counts, self._device):
            if self._other is not None:
                return self._other(*inputs).float()
            parts, start, count = [], 0, len(inputs[0])
            while start < count:
                size = next((s for s in self._sizes if s <= count - start), min(self._sizes))
                parts.append(self._sizes[size](*(_slice(x, start, size) for x in inputs)))
                start += size
            return torch.cat(parts)[:count] if len(parts) > 1 else parts[0][:count]


def load(loading: Loading, threads: int | None = None) -> Network:
    """The fastest form that runs here; `form` of the result says which.

    Compiled forms count only in 32 bits, on the instruction set and torch version they were made for, and where they
    load. On a GPU the setting `compile` has torch compile the exported form at its first batch.
    """
    import torch

    torch.set_num_threads(threads or int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count() or 1)
    place, device, counts = loading.folder / FOLDER, loading.device, precision.of(loading)
    about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    if device == "cpu" and counts == precision.FLOAT32 and about.get("compiled"):
        compiled = about["compiled"]
        if compiled["capability"] == capability() and compiled["torch"] == torch.__version__:
            found = _compiled(place, compiled["batches"] or [ANY])
            if found:
                return Network(found, found.pop(ANY, None), f"compiled for {compiled['capability']}")
        else:
            log.warning(
                "compiled for %s and torch %s, running on %s and %s: the exported form is used",
                compiled["capability"], compiled["torch"], capability(), torch.__version__,
            )  # fmt: skip
    module: Any = exported.load(place)
    form = "exported" if counts == precision.FLOAT32 else f"exported, in {counts}"
    if device != "cpu":
        module = module.to(device)
        if loading.settings.get("compile", False):
            # One compilation for all batches: the first would otherwise fix its size.
            module, form = torch.compile(module, dynamic=True), f"{form}, compiled"
    return Network({}, module, form, counts, device)


def open_compiled(path: Path) -> Callable[..., Any]:
    """A compiled form by itself: torch's own loader brings the compiler along, 2.5 s of processor and 80 MB.

    Raises RuntimeError where it does not load.
    """
    from torch._C._aoti import AOTIModelPackageLoader

    # The model's name in the package, several threads, one at a time, the processor: what torch's loader asks for.
    loader: Any = AOTIModelPackageLoader(str(path), "model", False, 1, -1)

    def run(*inputs: Any) -> Any:
        (answer,) = loader.boxed_run(list(inputs))
        return answer

    return run


def _compiled(place: Path, batches: Sequence[Any]) -> dict[Any, Callable[..., Any]]:
    try:
        return {batch: open_compiled(place / compiled_name(batch)) for batch in batches}
    except (RuntimeError, OSError) as error:
        # Another C library, a truncated file: slower is better than not at all.
        log.warning("the compiled form does not load (%s): the exported form is used", str(error).splitlines()[0])
        return {}


def _slice(value: Any, start: int, size: int) -> Any:
    """Rows of one batch; the last one is filled up with its first row, whose answers are cut off again."""
    import torch

    part = value[start : start + size]
    return torch.cat([part, part[:1].expand(size - len(part), *part.shape[1:])]) if len(part) < size else part
