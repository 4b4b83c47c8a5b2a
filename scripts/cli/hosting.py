"""Ways to host a task: the project's stacks, each with a model that does it on instances whose rate is known."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from infra.costs.capacity import ModelCapacity
from infra.costs.decide import Candidate, Situation, instance_types, reading_capacity
from infra.costs.estimate import estimate
from infra.costs.prices import PriceBook
from infra.costs.stack import Stack
from infra.costs.workload import Workload
from infra.settings_rules import burstable
from scripts.cli import program
from scripts.cli.session import MODELS, Inputs, capacity_of, read_workload

MODEL: Final = {"sentiment": "sentiment", "text-generation": "smollm2_135m_instruct"}
"""The model that does a task; image labels: the one each stack names. A custom model's rate is stated."""
FULL_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")


def candidates(
    situation: Situation, stacks: Sequence[str], given: Inputs, project: Path | None = None
) -> tuple[Candidate, ...]:
    """The stacks of a project by name, priced; raises InputError for one that is unknown or cannot be recorded."""
    base = read_workload(given.workload, None)
    model = base.serving.model or MODEL.get(situation.task, "")
    workload = replace(base, serving=replace(base.serving, model=model))
    book = PriceBook(given.prices)
    return tuple(_candidate(name, situation, workload, book, project) for name in stacks)


def _candidate(name: str, situation: Situation, workload: Workload, book: PriceBook, project: Path | None) -> Candidate:
    stack, capacity = _recorded(name, situation, workload, project)
    if FULL_REGION.fullmatch(situation.region):
        from infra.choose import in_region

        stack = in_region(stack, situation.region)
    priced = estimate(stack, workload=workload, book=book, capacity=capacity)
    return Candidate(f"stack {name} on {_preferred(stack)}", priced)


def _recorded(
    name: str, situation: Situation, workload: Workload, project: Path | None
) -> tuple[Stack, ModelCapacity | None]:
    """The stack, and what its instances answer; with the model's own instance types where the stack's have no rate."""
    stack, _ = program.recorded(name, project=project)
    model = workload.serving.model
    if situation.task == "document-text":
        return stack, reading_capacity(stack, workload)
    if situation.task == "custom" or (model and not (MODELS / model / "capacity.toml").is_file()):
        return stack, None
    capacity = capacity_of(workload, stack)
    if capacity is None or _preferred(stack) in {figure.instance_type for figure in capacity.figures}:
        return stack, capacity
    types = [f.instance_type for f in capacity.figures if not burstable([f.instance_type])]
    if not types:
        return stack, capacity
    changes: dict[str, object] = {"breakeven:model": capacity.model, "breakeven:instanceTypes": types}
    return program.recorded(name, changes, project)[0], capacity


def _preferred(stack: Stack) -> str:
    return next(iter(instance_types(stack)), "")
