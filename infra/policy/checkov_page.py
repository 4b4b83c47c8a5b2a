"""What docs/security.md says about checkov: how each stack fares, and every exception with its reason."""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from infra.costs.errors import InputError
from infra.policy.checkov import CheckovResult
from infra.policy.exemptions import Exemption

START: Final = "<!-- checkov: written by `scripts/audit --write` -->"
END: Final = "<!-- checkov: end -->"
HEAD: Final = "| stack | passed | failed | excepted |\n|---|---|---|---|"
WIDTH: Final = 120


def figures(results: Sequence[CheckovResult]) -> str:
    """The table of how many checks passed, failed and are excepted, for each stack."""
    rows = (f"| {one.stack} | {one.passed} | {len(one.failures)} | {len(one.excepted)} |" for one in results)
    return "\n".join([HEAD, *rows])


def exceptions(exemptions: Iterable[Exemption]) -> str:
    """The list of exceptions; those of one check for one reason are one entry."""
    groups: dict[tuple[str, str], list[Exemption]] = {}
    for exemption in exemptions:
        groups.setdefault((exemption.rule, exemption.reason), []).append(exemption)
    return "\n".join(_entry(rule, reason, group) for (rule, reason), group in groups.items())


def section(results: Sequence[CheckovResult], exemptions: Iterable[Exemption], day: date) -> str:
    """What stands between the two marks."""
    version = results[0].version
    head = f"checkov {version}, {day.isoformat()}:"
    return f"{head}\n\n{figures(results)}\n\n{exceptions(exemptions)}"


def written(page: str) -> str:
    """What a page has between the two marks; raises InputError for one without them."""
    _, start, rest = page.partition(START)
    found, end, _ = rest.partition(END)
    if not start or not end:
        raise InputError("docs/security.md", "lacks the marks of the section on checkov", f"put back {START} and {END}")
    return found.strip()


def rewritten(page: str, text: str) -> str:
    """The page with another text between the two marks."""
    written(page)
    before, _, rest = page.partition(START)
    return f"{before}{START}\n{text}\n{END}{rest.partition(END)[2]}"


def _entry(rule: str, reason: str, group: Sequence[Exemption]) -> str:
    where = "; ".join(str(exemption).removeprefix(f"{rule} on ") for exemption in group)
    text = f"- **{rule} on {where}** ({max(exemption.date for exemption in group).isoformat()}): {reason}"
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
