"""An answer in each of the forms a report has; nothing here prints."""

import json
from dataclasses import dataclass

from infra.choose.machine import cheapest_document
from infra.choose.report import cheapest_markdown, cheapest_text
from infra.choose.types import Answer
from infra.costs.reports.words import Paint


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How an answer is shown: the project whose settings it names, how many options, and whether every type."""

    project: str
    most: int
    all_types: bool = False


def written(answer: Answer, shown: Shown, form: str, paint: Paint) -> str:
    """The answer as `text`, `markdown` or `json`."""
    if form == "json":
        document = cheapest_document(answer, shown.most, all_types=shown.all_types)
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if form == "markdown":
        return cheapest_markdown(answer, shown.project, shown.most)
    text = cheapest_text(answer, shown.project, shown.most, paint)
    return text + "".join(f"  {name}\n" for name in answer.not_considered) if shown.all_types else text


def nothing(answer: Answer) -> str:
    """Why there is no winner, on one line."""
    if answer.found:
        goal = f"{answer.goal.latency_ms} ms"
        reason = f"of no instance type that is left is it known that it holds {goal}"
        return f"{answer.model}: {reason}; measure one with breakeven measure, or leave --latency-ms out"
    if not answer.ruled_out:
        return f"{answer.model}: nothing to choose from; allow more entries or ways out"
    first = answer.ruled_out[0]
    return f"{first.what}: {first.reason}; {first.action or 'ask for less'}"
