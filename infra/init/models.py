"""Which of the project's models do a task, as far as it is known what their instances answer."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import infra.vendors  # noqa: F401 - makes known what vendors charge for tokens
from infra.costs.capacity import ModelCapacity
from infra.costs.errors import InputError
from infra.costs.managed import named
from infra.costs.names import did_you_mean
from infra.costs.prices import read_toml
from infra.costs.workload import Workload
from infra.settings import MODELS

TASKS: Final[Mapping[str, str]] = {
    "image-labels": "image-classification",
    "sentiment": "sentiment",
    "text-embedding": "text-embedding",
    "text-generation": "text-generation",
}
"""The tasks by the name that `decide` asks for, with the task of a model's folder."""

APIS: Final[Mapping[str, tuple[str, ...]]] = {"text-embedding": ("openai/text-embedding-3-small",)}
"""What a task is compared with where its unit's default APIs do another: those of texts judge sentiment."""


def models_for(task: str, models: Path = MODELS) -> tuple[str, ...]:
    """The models of a task that have a capacity table; raises InputError where there is none."""
    found = _measured(task, models)
    if found:
        return found
    doing = [name for name, kind in _kinds(models).items() if kind == TASKS[task]]
    if not doing:
        raise InputError(f"task {task}", f"no model in {models.name} does it", "add one: breakeven new-model")
    action = f"measure it first: breakeven measure {doing[0]} --instance-type TYPE"
    raise InputError(f"task {task}", f"it is not known what an instance answers with {' or '.join(doing)}", action)


def model_named(name: str, task: str, models: Path = MODELS) -> tuple[str, ...]:
    """That one model alone; raises InputError for one that there is not, or that does another task."""
    if task_of(name, models) != task:
        raise InputError(f"model {name}", f"its task is {task_of(name, models)}", f"leave --task {task}, or the model")
    if name not in _measured(task, models):
        action = f"measure it: breakeven measure {name} --instance-type TYPE"
        raise InputError(f"model {name}", "has no capacity table", action)
    return (name,)


def task_of(name: str, models: Path = MODELS) -> str:
    """What a model does; raises InputError for one that there is not, or whose task is none of these."""
    kinds = _kinds(models)
    if name not in kinds:
        raise InputError(f"model {name}", "no such model", did_you_mean(name, kinds))
    found = next((task for task, kind in TASKS.items() if kind == kinds[name]), "")
    if not found:
        raise InputError(f"model {name}", f"its task is {kinds[name] or 'not stated'}", f"known: {', '.join(TASKS)}")
    return found


def refuse_too_quick(
    latency_ms: Decimal, task: str, names: Sequence[str], models: Path = MODELS, *, named: bool = False
) -> None:
    """Raises InputError for a latency that no instance is known to hold.

    A model that somebody `named` is refused only where it is known of all its instances that they do not.
    """
    figures = [(figure, name) for name in names for figure in _capacity(name, models).figures]
    known = [(figure.p99_ms, figure.instance_type, name) for figure, name in figures if figure.p99_ms is not None]
    if not known or (named and len(known) < len(figures)) or min(known)[0] <= latency_ms:
        return
    quickest, instance_type, name = min(known)
    reason = f"{latency_ms} is out of reach: the quickest known for {task} is {quickest} ms ({name} on {instance_type})"
    raise InputError("latency_ms", reason, "allow more, or measure a larger machine: breakeven measure")


def refuse_unpriced(task: str) -> None:
    """Raises InputError where what the task is compared with cannot be priced here: a package may be missing."""
    for name in APIS.get(task, ()):
        named(name, Workload(), f"task {task}")


def _measured(task: str, models: Path) -> tuple[str, ...]:
    doing = [name for name, kind in _kinds(models).items() if kind == TASKS[task]]
    return tuple(name for name in doing if (models / name / "capacity.toml").is_file())


def _capacity(name: str, models: Path) -> ModelCapacity:
    return ModelCapacity.read(models / name / "capacity.toml")


def _kinds(models: Path) -> dict[str, str]:
    return {path.parent.name: str(read_toml(path).get("task", "")) for path in sorted(models.glob("*/model.toml"))}
