"""`breakeven diff --against COMMIT`: the project's files here beside those of a commit, as one text."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import typer

from infra.costs.estimate import Estimate
from infra.costs.stack import Stack
from infra.review import at_commit, head, of_commit, report, review
from scripts.cli import console
from scripts.cli.options import Format
from scripts.cli.session import ROOT, Inputs


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The commit, the stacks (none: all), the budget of each in USD a month (None: its own), and the form."""

    against: str
    stacks: tuple[str, ...]
    budget: Decimal | None
    rules: bool
    form: Format


def run(asked: Asked, project: Path, given: Inputs, fail_on: Collection[str]) -> int:
    """Write the comparison; the exit code, with one line on standard error for each reason."""

    def price(stack: Stack, folder: Path) -> Estimate:
        """With the workload of the same side, unless one was given."""
        own = next(path for path in (folder / "workload.toml", ROOT / "workload.toml") if path.is_file())
        return given.price(stack, replace(given, workload=given.workload or own).assumed())

    now = head(project, asked.stacks)
    with at_commit(project, asked.against, program=project.resolve() == ROOT.resolve()) as commit:
        base = of_commit(commit, asked.stacks)
        found = review(base, now, commit.sha, price, asked.budget, rules=asked.rules)
    write = {Format.TEXT: report.as_text, Format.MARKDOWN: report.as_markdown, Format.JSON: report.as_json}
    console.report(write[asked.form](found))
    refused = list(report.complaints(found, budget=_for("budget", fail_on), rules=_for("rules", fail_on)))
    for _, line in refused:
        typer.echo(f"breakeven: {line}", err=True)
    return refused[0][0] if refused else 0


def _for(reason: str, fail_on: Collection[str]) -> bool:
    return not fail_on or reason in fail_on
