"""Text as the model and the results get it, the same for every format."""

import re
from typing import Final

_GAPS: Final = re.compile(r"\n{3,}")
_SPACES: Final = dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F), " ")
_LINES: Final = {0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n\n"}
# Other control characters, soft hyphens, zero-width space, marks of direction, byte-order marks in the middle of text.
_NOTHING: Final = dict.fromkeys(
    (
        *range(0x09),
        *range(0x0E, 0x20),
        *range(0x7F, 0x85),
        *range(0x86, 0xA0),
        0xAD,
        0x200B,
        0x200E,
        0x200F,
        0xFEFF,
    )
)
_TABLE: Final = {**_NOTHING, **_SPACES, **_LINES}
_ODD: Final = re.compile(f"[{re.escape(''.join(map(chr, _TABLE)))}\ud800-\udfff]")


def text(raw: str) -> str:
    """Line feeds only, no control characters, no blanks at ends of lines, at most one empty line in a row."""
    lines = raw.replace("\r\n", "\n").replace("\r", "\n")
    if _ODD.search(lines):
        lines = _whole(lines).translate(_TABLE)
    # Not by a pattern: one for blanks before a line end takes the square of a long run of blanks.
    lines = "\n".join(line.rstrip(" \t") for line in lines.split("\n"))
    return _GAPS.sub("\n\n", lines).strip("\n")


def _whole(raw: str) -> str:
    """Halves of surrogate pairs, which tokenizers and JSON refuse, become replacement characters."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return raw
