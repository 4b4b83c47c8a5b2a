"""Every fenced block of the documents, with the comments before it that say what it is."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+|~~~+)(?P<language>\S*)")
MARK = re.compile(r"<!-- (?P<name>file|read as|output|output, not compared|keys of|not run): (?P<value>.+?) -->")
HEADING = re.compile(r"^#+ (?P<title>.+)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block: its page from the root, line, language, text, the marks before it and the heading above it."""

    page: str
    line: int
    language: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)
    heading: str = ""

    @property
    def where(self) -> str:
        """As an editor finds it."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """The documents whose blocks must hold; whatever is added to them is among them."""
    named = [ROOT / name for name in ("README.md", "README.ja.md", "CONTRIBUTING.md")]
    return [*(page for page in named if page.is_file()), *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def of(page: Path) -> tuple[Block, ...]:
    """The blocks of a page."""
    return tuple(found(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT))))


def every() -> list[Block]:
    """All blocks of all documents."""
    return [block for page in pages() for block in of(page)]


def found(text: str, page: str) -> list[Block]:
    """The blocks of a text."""
    lines, blocks, heading, at = text.splitlines(), list[Block](), "", 0
    while at < len(lines):
        title, opening = HEADING.match(lines[at]), FENCE.match(lines[at])
        heading = title["title"] if title else heading
        if opening:
            end = _end(lines, at, opening["fence"])
            body = "".join(f"{row.removeprefix(opening['indent'])}\n" for row in lines[at + 1 : end])
            marks = _marks(lines[:at])
            one = Block(page=page, line=at + 1, language=opening["language"], text=body, marks=marks, heading=heading)
            blocks.append(one)
            at = end
        at += 1
    return blocks


def _end(lines: list[str], start: int, fence: str) -> int:
    for at in range(start + 1, len(lines)):
        if lines[at].strip() == fence:
            return at
    raise AssertionError(f"line {start + 1}: a block that does not end")


def _marks(before: list[str]) -> dict[str, str]:
    """The comments right above a block."""
    marks: dict[str, str] = {}
    for line in reversed(before):
        mark = MARK.fullmatch(line.strip())
        if not mark:
            break
        marks[mark["name"]] = mark["value"]
    return marks
