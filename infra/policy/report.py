"""The result of a check as text and as JSON."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from infra.policy.check import Checked, Finding

WIDTH: Final = 80


def as_text(checked: Sequence[Checked]) -> str:
    """For people: what is violated first, then what to think about, exceptions, and what cannot be told."""
    return "\n\n".join("\n".join(_stack_lines(one)) for one in checked)


def as_json(checked: Sequence[Checked]) -> str:
    """For scripts: one object for each stack."""
    return json.dumps({"stacks": [_stack_object(one) for one in checked]}, indent=2)


def _stack_lines(one: Checked) -> Iterator[str]:
    verdict = f"{len(one.mandatory)} mandatory violated" if one.mandatory else "no mandatory rule violated"
    yield f"stack {one.stack}: {verdict}, {len(one.advisory)} advisory, {len(one.passed)} rules hold"
    for title, findings in (("Mandatory", one.mandatory), ("Advisory", one.advisory)):
        if findings:
            yield f"  {title}"
            for finding in findings:
                yield from _wrapped(f"{finding.rule.id}  {_where(finding)}: {finding.message}")
    if one.excepted:
        yield "  Excepted, for a written reason"
        for row in one.excepted:
            yield from _wrapped(f"{row.finding.rule.id}  {_where(row.finding)}: {row.exemption.reason}")
    if one.undecided:
        yield "  Cannot be told"
        for open_ in one.undecided:
            yield from _wrapped(f"{open_.rule.id}  {open_.resource.name}: {open_.reason}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="      ", break_long_words=False)


def _where(finding: Finding) -> str:
    return " ".join(part for part in (finding.resource.component, finding.resource.name) if part)


def _stack_object(one: Checked) -> dict[str, Any]:
    return {
        "stack": one.stack,
        "mandatory": [_finding(finding) for finding in one.mandatory],
        "advisory": [_finding(finding) for finding in one.advisory],
        "excepted": [
            {**_finding(row.finding), "reason": row.exemption.reason, "date": row.exemption.date.isoformat()}
            for row in one.excepted
        ],
        "undecided": [
            {"rule": row.rule.id, "resource": row.resource.urn, "reason": row.reason} for row in one.undecided
        ],
        "passed": [rule.id for rule in one.passed],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.id,
        "also": list(rule.also),
        "level": rule.level,
        "title": rule.title,
        "resource": finding.resource.urn,
        "message": finding.message,
    }
