"""What the costs of a fine-tuning need to know of it: size, hours and quality, from its scores."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.costs.finetuning import Quality, Training
    from serving.finetune import Data, Job


def training(
    job: "Job", data: "Data", scores: Mapping[str, Any], instance_types: Sequence[str], *, spot: bool
) -> "Training":
    """The training as costs: what it learned from, its hours, its machine (none: this one)."""
    from infra.costs.finetuning import Training

    images = bool(data.examples[0].image)
    learn = [example for example in data.examples if example.part == "train"]
    characters = 0 if images else sum(len(example.text) for example in learn) / len(learn)
    return Training(
        examples=len(learn),
        characters_each=Decimal(f"{characters:.1f}"),
        unit="images" if images else "texts",
        hours=Decimal(f"{scores['training']['seconds'] / 3600:.4f}"),
        measured=True,
        instance_type=next(iter(instance_types), ""),
        spot=spot,
        method=str(job.settings.method),
    )


def quality(data: "Data", scores: Mapping[str, Any], goal: Decimal | None) -> "Quality":
    """What is known of its answers and of the data, for the advice."""
    from infra.costs.finetuning import Quality

    def exact(value: float) -> Decimal:
        return Decimal(f"{value:.4f}")

    left = {row for finding in data.findings if finding.level == "left out" for row in finding.rows}
    interval = scores["macro_f1"]
    counts = [sum(part.get(label, 0) for part in scores["counts"].values()) for label in scores["labels"]]
    return Quality(
        macro_f1=exact(interval["value"]),
        interval=(exact(interval["low"]), exact(interval["high"])),
        current_f1=exact(scores["current"]["scores"]["macro_f1"]["value"]) if scores["current"] else None,
        api_f1=exact(scores["api"]["scores"]["macro_f1"]["value"]) if scores["api"] else None,
        curve=tuple(
            (point["examples"], *(exact(point["macro_f1"][key]) for key in ("value", "low", "high")))
            for point in scores["curve"]
        ),
        left_out=exact(len(left) / (len(left) + len(data.examples))),
        smallest_class=min(counts),
        goal=goal,
    )
