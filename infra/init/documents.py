"""The two files as text: every line with what it means, from the place that declares it, and why it is so."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from math import ceil
from textwrap import wrap
from typing import Any, Final

from infra.costs.workload import Workload
from infra.init.answers import Answers
from infra.init.chosen import Chosen, usual_lines
from infra.init.line import Line
from infra.init.reasons import chosen_why, region_why, workload_why
from infra.init.workload import workload_for
from infra.record import REGION
from infra.stack_file import scalar

COLUMNS: Final = 100
ABOUT_REGION: Final = "AWS region of everything in the stack."
BUDGET_STEP: Final = 10
# Keys of the workload that stand in every file; another one where its value is not the shipped one.
ALWAYS: Final = (
    *("volume.per_month", "volume.unit", "volume.peak_to_average", "volume.hours_open_per_day"),
    *("request.units", "request.kb_in", "request.kb_out", "serving.utilisation", "people.engineers", "people.share"),
)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A line with the meaning of its key."""

    key: str
    value: str
    about: str
    why: str


def stack_document(answers: Answers, chosen: Chosen, name: str, project: str, declared: Mapping[str, Any]) -> str:
    """The text of a stack's file; `declared` is what the project's file says of its settings, by full key."""
    lines = list(_settings(answers, chosen))
    values = {REGION: answers.region, **{f"{project}:{line.key}": line.value for line in lines}}
    why = {f"{project}:{line.key}": line.why for line in lines}
    why[REGION] = region_why(answers, chosen)
    rows = [
        Written(key=key, value=_yaml(value), about=_about(declared.get(key)), why=why[key])
        for key, value in values.items()
    ]
    head = _head(answers, f"Settings of the stack {name}")
    return "\n".join((*head, "config:", *_body(rows, "  ", ": "), *_comment(_before_up(chosen), "  "))) + "\n"


def workload_document(answers: Answers, chosen: Chosen, name: str) -> str:
    """The text of a file that reads as the workload of the answers for a stack."""
    text = [*_head(answers, workload_title(name)), *_shipped()]
    start, workload = Workload(), workload_for(answers, chosen.answer.unit)
    for section in (item.name for item in fields(Workload) if is_dataclass(getattr(start, item.name))):
        rows = list(_keys(section, getattr(workload, section), getattr(start, section), answers, chosen))
        if rows:
            text += ["", f"[{section}]", *_body(rows, "", " = ")]
    return "\n".join(text) + "\n"


def _before_up(chosen: Chosen) -> str:
    """What no answer can say, and what a deployment needs."""
    archive = f"modelArchive (breakeven archive {chosen.answer.model})"
    return f"Not yet said, and needed before `breakeven up`: {archive}, nodeBundle (breakeven bundle) and alarmEmail"


def workload_title(name: str) -> str:
    """What the first line of a stack's workload says it is."""
    return f"Traffic and people assumed for the stack {name}"


def _keys(section: str, values: Any, shipped: Any, answers: Answers, chosen: Chosen) -> Iterator[Written]:
    for item in fields(values):
        value, full = getattr(values, item.name), f"{section}.{item.name}"
        if full in ALWAYS or value != getattr(shipped, item.name):
            why = workload_why(full, answers, chosen)
            yield Written(key=item.name, value=_toml(value), about=str(item.metadata["about"]), why=why)


def _settings(answers: Answers, chosen: Chosen) -> Iterator[Line]:
    """The chosen settings, then the others, then the budget."""
    usual = {line.key: line for line in usual_lines(answers)}
    for key, value in chosen.values.items():
        if key not in usual:
            yield Line(key=key, value=value, why=chosen_why(key, answers, chosen))
    yield from usual.values()
    yield _budget(answers, chosen)


def _budget(answers: Answers, chosen: Chosen) -> Line:
    if chosen.priced_in != answers.region:
        why = f"none before the prices of {answers.region} are known (breakeven prices refresh); set your own"
        return Line(key="budgetUsd", value=0, why=why)
    most = ceil(chosen.found.monthly.high / BUDGET_STEP) * BUDGET_STEP
    return Line(
        key="budgetUsd",
        value=most,
        why="the stack with its group at the maximum, rounded up; alarmEmail says who is told",
    )


def _head(answers: Answers, what: str) -> Iterator[str]:
    yield from _comment(f"{what}, made by `breakeven init`; every line may be changed", "")
    rules = ", ".join(answers.data_rules) or "none"
    said = f"task {answers.task}, volume {answers.volume:,f} a month, latency {answers.latency_ms} ms, "
    yield from _comment(f"{said}region {answers.region}, data rules {rules}", "")


def _shipped() -> Iterator[str]:
    yield "# What is left out is as in the workload.toml that breakeven comes with."


def _body(rows: Iterable[Written], indent: str, sign: str) -> Iterator[str]:
    for row in rows:
        if row.about:
            yield from _comment(row.about, indent)
        yield from _comment(f"Why: {row.why}", indent)
        yield f"{indent}{row.key}{sign}{row.value}"


def _comment(text: str, indent: str) -> Sequence[str]:
    lead = f"{indent}# "
    text = text[0].upper() + text[1:]
    full = text if text.endswith((".", "?")) else f"{text}."
    return wrap(full, COLUMNS, initial_indent=lead, subsequent_indent=lead, break_long_words=False)


def _about(row: object) -> str:
    """What a declaration says of its setting; the region is no setting of the project."""
    if row is None:
        return ABOUT_REGION
    return str(row.get("description", "")) if isinstance(row, Mapping) else ""


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    return scalar(value) if isinstance(value, str | int) else json.dumps(value)


def _toml(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:,f}".replace(",", "_")
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
