"""docs/troubleshooting.md quotes messages that the code really has, and has an entry for every exit code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (?P<ticks>`+) ?(?P<message>.+?) ?(?P=ticks) \| (?P<cause>[^|]+) \| (?P<action>[^|]+) \|$", re.MULTILINE
)
ROWS = list(ROW.finditer(PAGE))
FOLDERS = ("infra", "serving", "scripts/cli")


def said(node: ast.expr) -> str:
    """A text of the code with `...` for what is filled in; `...` alone for any other expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
        return "".join(map(str, parts))
    return "..."


def of(tree: ast.AST) -> Iterator[str]:
    """What a module can say: errors as `thing: reason; action`, and every other text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 3:
            thing, reason, action = map(said, node.args)
            yield f"{thing}: {reason}; {action}"
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            yield said(node).removeprefix("breakeven: ")


@cache
def messages() -> frozenset[str]:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in files)
    return frozenset(re.sub(r"\.{3,}", "...", text) for tree in trees for text in of(tree))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["message"][:40])
def test_a_quoted_message_is_one_of_the_code(row: re.Match[str]) -> None:
    assert row["message"] in messages()
    assert row["cause"].strip()
    assert row["action"].strip()


def test_every_row_of_the_tables_is_looked_at() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| message")]
    assert len(ROWS) == len(lines)
    assert len(ROWS) > 50


def test_every_exit_code_has_an_entry() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    told = {int(code) for one in sections if ROW.search(one) for code in re.findall(r"\d+", one.partition(":")[0])}
    assert told == {code.value for code in ExitCode if code is not ExitCode.FINE}
