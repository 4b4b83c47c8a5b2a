"""Fine-tuning as costs: a training, the model that comes of it beside trained APIs, and what the numbers advise."""

from infra.costs.finetuning.advice import advice
from infra.costs.finetuning.compared import FineTuned, Rival, Side, fine_tuned
from infra.costs.finetuning.known import Kind, Step
from infra.costs.finetuning.quality import Learned, Quality
from infra.costs.finetuning.settled import Assumption
from infra.costs.finetuning.theirs import EndpointHours
from infra.costs.finetuning.training import METHODS, Training, TrainingCost, Unit, training_cost

__all__ = [
    "METHODS",
    "Assumption",
    "EndpointHours",
    "FineTuned",
    "Kind",
    "Learned",
    "Quality",
    "Rival",
    "Side",
    "Step",
    "Training",
    "TrainingCost",
    "Unit",
    "advice",
    "fine_tuned",
    "training_cost",
]
