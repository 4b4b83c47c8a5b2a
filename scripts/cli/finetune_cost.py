"""What `breakeven finetune` says of money: the training, a stack that serves it, and APIs trained on the same data."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.cli.options import Format

if TYPE_CHECKING:
    from infra.costs.capacity import ModelCapacity
    from infra.costs.finetuning import FineTuned, Quality, Training
    from infra.costs.stack import Stack
    from infra.costs.workload import Workload


def answer(
    training: "Training",
    quality: "Quality | None" = None,
    *,
    stack: str = "dev",
    workload: Path | None = None,
    prices: list[Path] | None = None,
    form: Format = Format.TEXT,
    model: str = "",
    whole: bool = True,
) -> str:
    """The whole report in a form; the next steps are in it where a quality is given.

    `model` is the folder under serving/models that answers as fast as the trained one: its base. Raises CostError.
    """
    from infra.costs.finetuning import advice
    from infra.costs.reports.finetuning import finetuning_document, finetuning_markdown, finetuning_text
    from scripts.cli import session

    found = compared(training, stack=stack, workload=workload, prices=prices, model=model)
    steps = advice(quality, found) if quality else ()
    name = f"stack {stack}"
    if form is Format.JSON:
        return json.dumps(finetuning_document(found, steps), indent=2, ensure_ascii=False) + "\n"
    if form is Format.MARKDOWN:
        return finetuning_markdown(found, steps, name)
    return finetuning_text(found, steps, session.painter(), name, whole=whole)


def compared(
    training: "Training",
    *,
    stack: str = "dev",
    workload: Path | None = None,
    prices: list[Path] | None = None,
    model: str = "",
) -> "FineTuned":
    """The comparison itself, for a program that writes its own report. Raises CostError."""
    from infra.costs.estimate import estimate
    from infra.costs.finetuning import fine_tuned
    from infra.costs.prices import PriceBook
    from scripts.cli import program, session

    stated = session.read_workload(workload, None)
    recorded, _ = program.recorded(stack)
    capacity, said = _capacity(training, stated, recorded, model)
    book = PriceBook(tuple(prices or ()))
    priced = estimate(recorded, workload=stated, book=book, capacity=capacity, everywhere=workload is not None)
    found = fine_tuned(priced, training)
    return replace(found, notes=(*said, *found.notes))


def _capacity(
    training: "Training", stated: "Workload", recorded: "Stack", model: str
) -> "tuple[ModelCapacity | None, tuple[str, ...]]":
    """How fast the trained model answers: as the one named, else the stack's, else one that counts the same unit.

    The stack's own may count something else: the settings are those of the model that is deployed now.
    """
    from scripts.cli import session

    if model:
        stated = replace(stated, serving=replace(stated.serving, model=model))
    own = session.capacity_of(stated, recorded)
    if own and own.unit == training.unit:
        return own, (f"an instance is assumed to answer as fast as with {own.model}, whose capacity is known",)
    other = next(_models(training.unit), None)
    if other is None or stated.capacity:
        return own, ()
    counts = f"{own.model} of the stack counts {own.unit}" if own else "the stack names no model"
    return other, (f"{counts}: an instance is assumed to answer as fast as with {other.model}",)


def _models(unit: str) -> "Iterator[ModelCapacity]":
    """The shipped models that count a unit, by name."""
    from infra.costs.capacity import ModelCapacity
    from scripts.cli import session

    for path in sorted(session.MODELS.glob("*/capacity.toml")):
        found = ModelCapacity.read(path)
        if found.unit == unit:
            yield found
