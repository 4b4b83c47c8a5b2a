"""Two parts of text that follow each other to one: hyphens at line ends, and scripts that write no spaces."""

import re
import unicodedata
from typing import Final

HYPHEN: Final = "\N{SOFT HYPHEN}"  # also what a text layer's line ends with where its word goes on
_BROKEN_WORD: Final = re.compile(r"[^\W\d_][-\u2010]$")
_UNSPACED: Final = re.compile(
    "[\u2e80-\u2fdf\u3000-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uff65-\uff9f\U00020000-\U0003ffff]"
)
_LIGATURES: Final = re.compile("[\ufb00-\ufb06]")


def spaced(character: str) -> bool:
    """Whether its script puts spaces between words; Chinese and Japanese don't."""
    return not _UNSPACED.match(character)


def is_broken(before: str, after: str) -> bool:
    """Whether a word was divided between two lines."""
    return before.endswith(HYPHEN) or bool(_BROKEN_WORD.search(before) and after[:1].islower())


def joined(before: str, after: str, *, apart: bool = False) -> str:
    """Both in one line; `apart` where white between them separates them in any script."""
    if not before or not after:
        return before or after
    if is_broken(before, after):
        return before[:-1] + after
    if not apart and not spaced(before[-1]) and not spaced(after[0]):
        return before + after
    return f"{before} {after}"


def plain(text: str) -> str:
    """Ligatures as letters, soft hyphens gone but at the end, composed accents."""
    if text.isascii():
        return text
    text = _LIGATURES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    last = HYPHEN if text.endswith(HYPHEN) else ""
    return unicodedata.normalize("NFC", text.replace(HYPHEN, "")) + last
