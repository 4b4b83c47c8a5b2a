"""A review as the text of a pull request's comment, for a terminal, or for a program. Nothing here prints."""

import json
from collections.abc import Iterator
from typing import Any, Final

from infra.costs.estimate import CURRENCY
from infra.costs.reports.markdown import code, row_as_is, safe
from infra.costs.reports.words import money
from infra.lifecycle import changes_report
from infra.lifecycle.changes_report import signed
from infra.policy import report as rules_report
from infra.policy.check import Finding
from infra.review.types import Review, StackReview

SHA: Final = 12
# GitHub refuses a comment above 65,536 characters.
LONGEST: Final = 60_000
EXPECTED: Final = 1


def as_markdown(review: Review) -> str:
    """One comment: a table of the stacks, then for each what changes and which rules it breaks."""
    text = "\n".join(_markdown_lines(review)) + "\n"
    if len(text) <= LONGEST:
        return text
    kept = text[:LONGEST].rpartition("\n")[0]
    # What was opened must be closed, else the comment swallows what follows.
    closing = "\n</details>\n" * (kept.count("<details>") - kept.count("</details>"))
    return f"{kept}\n{closing}\nCut off: the whole text is in the job's log.\n"


def as_text(review: Review) -> str:
    """At most 80 columns, for a terminal and a commit hook."""
    return "\n".join(part for one in review.stacks for part in _text_parts(review, one))


def as_json(review: Review) -> str:
    """Every number a string in plain digits."""
    document = {"base": review.base, "currency": CURRENCY, "stacks": [_object(one) for one in review.stacks]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def complaints(review: Review, *, budget: bool, rules: bool) -> Iterator[tuple[int, str]]:
    """Exit code and one line for each reason to refuse the change, the gravest first."""
    for one in review.stacks:
        if one.unusable:
            yield 3, f"stack {one.name}: {one.problem}"
    for one in review.stacks if rules else ():
        for finding in one.checked.mandatory if one.checked else ():
            yield 10, f"stack {one.name}: {finding}"
    for one in review.stacks if budget else ():
        if one.over_budget and one.changes and one.budget is not None:
            expected, allowed = money(one.changes.after.expected), money(one.budget)
            yield 5, f"over budget: stack {one.name}: {expected} expected, {allowed} allowed"


def _markdown_lines(review: Review) -> Iterator[str]:
    added = money(review.added)
    sign = "" if added.startswith("-") or added == "0.00" else "+"
    yield f"## breakeven: {sign}{added} {CURRENCY} a month"
    yield ""
    yield row_as_is("stack", "before", "after", "change, expected", "budget", "rules")
    yield "|---|---:|---:|---:|---|---|"
    for one in review.stacks:
        yield row_as_is(*_summary(one))
    for one in review.stacks:
        yield from _details(one)
    yield ""
    yield f"{_against(review)} {CURRENCY} a month before tax, by list prices; " + (
        "assumptions of `workload.toml` on either side, prices and capacities of this side."
    )


def _summary(one: StackReview) -> tuple[str, ...]:
    name = code(one.name) + (" (new)" if one.is_new else " (removed)" if one.is_gone else "")
    if one.unusable or one.changes is None:
        return name, "", "", ":x: cannot be used", "", ""
    found = one.changes
    change = "unknown" if one.problem else f"**{signed(found.delta)[EXPECTED]}**"
    before = "unknown" if one.problem else money(found.before.expected)
    return name, before, money(found.after.expected), change, _budget(one), _rules(one)


def _budget(one: StackReview) -> str:
    if one.budget is None:
        return "none"
    return f":x: above {money(one.budget)}" if one.over_budget else f":white_check_mark: within {money(one.budget)}"


def _rules(one: StackReview) -> str:
    if one.checked is None:
        return ""
    sign = ":x:" if one.checked.mandatory else ":white_check_mark:"
    return f"{sign} {len(one.checked.mandatory)} mandatory, {len(one.checked.advisory)} advisory"


def _details(one: StackReview) -> Iterator[str]:
    if one.problem:
        yield ""
        yield f"{code(one.name)}: {safe(one.problem)}"
    if one.changes and not one.problem and (one.changes.rows or one.changes.not_priced):
        yield from _folded(f"{one.name}: {changes_report.rest(one.changes)}", changes_report.rows(one.changes))
    if one.checked and one.checked.findings:
        title = f"{one.name}: rules that do not hold"
        yield from _folded(title, rules_report.markdown_rows(one.checked, lambda f: _since(one, f)))


def _folded(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield f"<details><summary>{safe(title)}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _since(one: StackReview, finding: Finding) -> str:
    return "before" if one.is_known(finding) else "**new**"


def _against(review: Review) -> str:
    return f"Compared with {review.base[:SHA]}." if review.base else "Compared with nothing: there is no commit yet."


def _text_parts(review: Review, one: StackReview) -> Iterator[str]:
    base = review.base[:SHA] or "nothing"
    if one.unusable or one.changes is None:
        yield f"stack {one.name}: {one.problem}\n"
        return
    if one.problem:
        yield f"stack {one.name}: {money(one.changes.after.expected)} expected; {one.problem}\n"
    else:
        yield changes_report.as_text(one.changes, f"stack {one.name}, {base} -> now")
    if one.budget is not None:
        yield f"Budget {money(one.budget)}: {'above' if one.over_budget else 'within'}\n"
    if one.checked:
        yield rules_report.as_text([one.checked]) + "\n"


def _object(one: StackReview) -> dict[str, Any]:
    return {
        "stack": one.name,
        "problem": one.problem,
        "is_new": one.is_new,
        "is_gone": one.is_gone,
        "changes": changes_report.as_document(one.changes) if one.changes else None,
        "budget": None if one.budget is None else str(one.budget),
        "over_budget": one.over_budget,
        "rules": rules_report.as_document(one.checked) if one.checked else None,
        "new_findings": [list(_mark_of(f)) for f in one.checked.findings if not one.is_known(f)] if one.checked else [],
    }


def _mark_of(finding: Finding) -> tuple[str, str]:
    return finding.rule.id, finding.resource.urn
