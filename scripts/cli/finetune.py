"""`breakeven finetune`: a new version of a model from labelled data, judged, costed and registered."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scripts.cli import completion, options


class Method(StrEnum):
    """What of the network is trained."""

    HEAD = "head"
    LORA = "lora"
    FULL = "full"


Text = str | None
Model = Annotated[
    str,
    typer.Argument(
        help="A folder of serving/models: sentiment, efficientnet_lite0, or your own.", autocompletion=completion.models
    ),
]
Data = Annotated[
    Path | None, typer.Argument(help="CSV, TSV, JSON Lines, Parquet, a folder per class, or document rows.")
]
MethodOption = Annotated[Method, typer.Option("--method", help="head: minutes on a CPU; lora, full: the body, too.")]
Labels = Annotated[Path | None, typer.Option("--labels", help="CSV of id,label for rows of the document pipeline.")]
Answers = Annotated[
    Path | None, typer.Option("--answers", help="A managed API's answers: columns text or row, answer.")
]
Curve = Annotated[str, typer.Option("--curve", metavar="50,200,..", help="Also learn from so many examples.")]
Licence = Annotated[str, typer.Option("--data-licence", help="Of the data, for the model card.")]
EvenIfWorse = Annotated[bool, typer.Option("--even-if-worse", help="Register a version that is not better.")]
Canary = Annotated[int | None, typer.Option("--canary", metavar="PERCENT", help="Register it as the stack's canary.")]
On = Annotated[Text, typer.Option("--on", metavar="STACK", help="Train on a spot instance of this stack.")]
Types = Annotated[list[str] | None, typer.Option("--instance-type", help="For --on; again for more to try in turn.")]
Hours = Annotated[str, typer.Option("--hours", help="What the training takes there (assumed), for its cost.")]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(finetune)


def finetune(
    model: Model = "",
    data: Data = None,
    method: MethodOption = Method.HEAD,
    check: Annotated[bool, typer.Option("--check", help="Only look at the data.")] = False,
    labels: Labels = None,
    text_column: Annotated[str, typer.Option(help="Column of the texts.")] = "",
    label_column: Annotated[str, typer.Option(help="Column of the labels.")] = "",
    part_column: Annotated[str, typer.Option(help="Column that says train, validation or test.")] = "",
    group_column: Annotated[str, typer.Option(help="Column of what must not be parted: a document, an author.")] = "",
    slice_column: Annotated[str, typer.Option(help="Column whose values are scored for themselves, too.")] = "",
    epochs: Annotated[int | None, typer.Option(help="Most times each example is seen.")] = None,
    rate: Annotated[float | None, typer.Option(help="Learning rate of the head.")] = None,
    body_rate: Annotated[float | None, typer.Option(help="Learning rate of the body or its adapters.")] = None,
    batch: Annotated[int | None, typer.Option(help="Examples a step.")] = None,
    patience: Annotated[int | None, typer.Option(help="Evaluations without a better score until it ends.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same weights.")] = None,
    class_weights: Annotated[
        bool | None, typer.Option("--class-weights/--no-class-weights", help="Rare classes count more.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Of the processor; 0: all.")] = None,
    device: Annotated[Text, typer.Option(help="auto, cpu or cuda.")] = None,
    curve: Curve = "",
    answers: Answers = None,
    licence: Licence = "not stated",
    goal: Annotated[Text, typer.Option(help="Macro F1 that is needed, for the advice.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Not from an earlier try's checkpoints.")] = False,
    register: Annotated[bool, typer.Option("--register/--no-register", help="Make it a version of MODEL.")] = True,
    even_if_worse: EvenIfWorse = False,
    canary: Canary = None,
    on: On = None,
    instance_type: Types = None,
    max_hours: Annotated[int, typer.Option(help="After so many the instance ends; 0: the stack's.")] = 0,
    hours: Hours = "1",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    cancel: Annotated[str, typer.Option("--cancel", metavar="JOB", help="End the instance of a job of --stack.")] = "",
    cost: Annotated[bool, typer.Option("--cost/--no-cost", help="What it costs beside APIs that are trained.")] = True,
    assumptions: Annotated[bool, typer.Option("--assumptions", help="Also how each cost is counted.")] = False,
    stack: Annotated[str, typer.Option("--stack", "-s", help="Which serves it; whose canary it is.")] = "small",
    workload: options.WorkloadFile = None,
    prices: options.PriceBooks = None,
    compiled: Annotated[bool, typer.Option("--compile/--no-compile", help="Compiled forms in its archive.")] = True,
    form: options.OutputFormat = options.Format.TEXT,
) -> None:
    """Train a new version of MODEL with DATA, say whether it is better, and register it for the next `up`."""
    from scripts.cli import finetune_work as work

    if cancel:
        from scripts.cli import finetune_remote

        finetune_remote.cancel(cancel, stack=stack)
        return
    job = work.job(
        model, data, str(method), labels=labels, answers=answers, curve=curve, licence=licence,
        columns={"text": text_column, "label": label_column, "part": part_column, "group": group_column,
                 "slice": slice_column},
        given={"epochs": epochs, "rate": rate, "body_rate": body_rate, "batch": batch, "patience": patience,
               "seed": seed, "class_weights": class_weights, "threads": threads, "device": device},
    )  # fmt: skip
    asked = work.Asked(
        form=form, register=register, even_if_worse=even_if_worse, canary=canary, cost=cost, assumptions=assumptions,
        stack=stack, workload=workload, prices=tuple(prices or ()), goal=goal, compiled=compiled, fresh=fresh,
        check=check, on=on, instance_types=tuple(instance_type or ()), max_hours=max_hours, hours=hours, yes=yes,
    )  # fmt: skip
    raise typer.Exit(work.work(job, asked))
