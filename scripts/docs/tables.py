"""Markdown as the reference pages need it."""

from collections.abc import Iterable, Sequence
from typing import Final

MADE: Final = "<!-- Made from the code by `python -m scripts.docs`; edit the code, not this page. -->"


def head(title: str, about: str) -> list[str]:
    """The first lines of a page."""
    return [f"# {title}", "", MADE, "", about, ""]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, and an empty line behind it."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return [*lines, *(f"| {' | '.join(map(cell, row))} |" for row in rows), ""]


def cell(text: str) -> str:
    """A text within a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """A name or a value; nothing for nothing."""
    return f"`{text}`" if text else ""


def joined(lines: Iterable[str]) -> str:
    """The page."""
    return "\n".join(lines).rstrip() + "\n"
