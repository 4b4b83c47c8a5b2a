"""The result of a check as text and as JSON."""

import json
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from infra.costs.reports.markdown import code, row_as_is, safe, table_of
from infra.policy.check import Checked, Finding

WIDTH: Final = 80


def as_text(checked: Sequence[Checked]) -> str:
    """For people: what is violated first, then what to think about, exceptions, and what cannot be told."""
    return "\n\n".join("\n".join(_stack_lines(one)) for one in checked)


def as_json(checked: Sequence[Checked]) -> str:
    """For scripts: one object for each stack."""
    return json.dumps({"stacks": [as_document(one) for one in checked]}, indent=2)


def as_markdown(checked: Sequence[Checked]) -> str:
    """For pull requests: a table for each stack."""
    return "\n".join(line for one in checked for line in _markdown_lines(one))


def markdown_rows(one: Checked, since: Callable[[Finding], str] | None = None) -> Iterator[str]:
    """A table of the findings, mandatory ones first; `since` says of each whether it is new."""
    yield from table_of(("level", "rule", "resource", "finding", *(["since"] if since else [])), 5)
    for finding in (*one.mandatory, *one.advisory):
        cells = [finding.rule.level, finding.rule.id, code(_where(finding)), safe(finding.message)]
        yield row_as_is(*cells, *([since(finding)] if since else []))


def _markdown_lines(one: Checked) -> Iterator[str]:
    yield f"## breakeven check: stack {safe(one.stack)}"
    yield ""
    yield f"{_verdict(one)}; {len(one.excepted)} excepted, {len(one.undecided)} cannot be told."
    yield ""
    if one.findings:
        yield from markdown_rows(one)
        yield ""


def _verdict(one: Checked) -> str:
    verdict = f"{len(one.mandatory)} mandatory violated" if one.mandatory else "no mandatory rule violated"
    return f"{verdict}, {len(one.advisory)} advisory, {len(one.passed)} rules hold"


def _stack_lines(one: Checked) -> Iterator[str]:
    yield f"stack {one.stack}: {_verdict(one)}"
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


def as_document(one: Checked) -> dict[str, Any]:
    """One stack's result as JSON's own types."""
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
