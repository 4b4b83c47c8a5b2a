"""The workload of a task: what is asked for, and what one request of that task is taken to carry."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from infra.costs.workload import Workload
from infra.init.answers import Answers
from infra.init.models import APIS
from infra.init.rules import days_kept

# What a request carries beside what the workload's own defaults say, which are those of a picture.
TEXT: Final[Mapping[str, Decimal]] = {"kb_in": Decimal(1), "kb_out": Decimal(1)}
REQUESTS: Final[Mapping[str, Mapping[str, Decimal]]] = {
    "sentiment": TEXT,
    # 384 numbers of MiniLM as JSON.
    "text-embedding": {**TEXT, "kb_out": Decimal(8), "tokens_in": Decimal(125), "tokens_out": Decimal(0)},
    "text-generation": {**TEXT, "units": Decimal(200)},
}


def workload_for(answers: Answers, unit: str) -> Workload:
    """The workload of the answers, in units of the model that was chosen."""
    start = Workload()
    return replace(
        start,
        volume=replace(start.volume, per_month=answers.volume, unit=unit),
        request=replace(start.request, **REQUESTS.get(answers.task, {})),
        documents=replace(start.documents, days_kept=Decimal(days_kept(answers.data_rules))),
        compare=replace(start.compare, apis=APIS.get(answers.task, ())),
    )
