"""What was found in the data, as a table for a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from serving.finetune.types import Finding, Level

WIDTH: Final = 80
SHOWN: Final = 5  # rows that are named; all of them are in the JSON


def table(findings: Sequence[Finding]) -> str:
    """One entry a kind: level, count, what it is, the first rows, what to do; empty data give one line."""
    if not findings:
        return "Data: nothing found."
    lines = ["Data                                  rows"]
    for finding in findings:
        lines += _entry(finding)
    return "\n".join(lines)


def _entry(finding: Finding) -> Iterator[str]:
    count = f"{len(finding.rows):,}" if finding.rows else ""
    level = finding.level.value.upper() if finding.level is Level.STOP else finding.level.value
    yield f"  {level:<9} {finding.kind:<22} {count:>6}"
    yield from _folded(f"{finding.reason}: {finding.action}")
    if finding.rows:
        more = f" and {len(finding.rows) - SHOWN:,} more" if len(finding.rows) > SHOWN else ""
        yield from _folded(", ".join(finding.rows[:SHOWN]) + more)


def _folded(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=" " * 12, subsequent_indent=" " * 12, break_on_hyphens=False)
