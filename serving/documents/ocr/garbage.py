"""Whether a text layer says what its page shows, or was made by fonts that don't say which letters they draw."""

import re
import unicodedata
from typing import Final

_FEW: Final = 40  # letters below which shares say nothing
_BAD: Final = 0.05  # of all characters: no letter of any script
_SYMBOLS: Final = 0.25  # of all characters: UTF-8 read as Latin-1, and symbol fonts
# Vowels among Latin letters: languages have about a third to a half, codes that a font shifted far fewer.
_VOWELS: Final = (0.22, 0.68)
_MIXED: Final = 0.25  # of words: letters around digits or capitals after small ones, as in "7KLVLV"
_SINGLE: Final = 0.75  # of words: letters drawn one by one

_WORD: Final = re.compile(r"\S+")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")
_VOWEL: Final = re.compile(r"[aeiouyAEIOUY]")
_MIXED_WORD: Final = re.compile(
    r"[a-z][A-Z][a-z]*[A-Z]|[A-Za-z]\d+[A-Za-z]|\d[A-Z]{3,}|[^\W\d_][\]\[\\^`{}|~<>=$%#*+][^\W\d_]"
)


def is_garbage(text: str, *, unmapped: int = 0) -> bool:
    """Whether OCR should read the page instead; `unmapped` counts the characters whose font names no letter.

    Text too short to be judged by its letters is taken as it is, unless characters in it are no letters of any script.
    """
    characters = [c for c in text if not c.isspace()]
    if not characters:
        return False
    bad = unmapped + sum(map(_is_bad, characters))
    if bad > _BAD * len(characters):
        return True
    return len(characters) >= _FEW and (_is_mojibake(characters) or _is_no_language(text))


def _is_bad(character: str) -> bool:
    return character == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(character) in ("Co", "Cn", "Cs", "Cc")


def _is_mojibake(characters: list[str]) -> bool:
    upper = sum("\u0080" <= c <= "\u00bf" for c in characters)
    return upper > _SYMBOLS * len(characters)


def _is_no_language(text: str) -> bool:
    """For Latin letters; other scripts are only drawn by fonts that know them."""
    letters = _LATIN.findall(text)
    words = _WORD.findall(text)
    if len(letters) < _FEW or len(letters) < 0.4 * sum(map(len, words)):
        return False
    bases = unicodedata.normalize("NFD", "".join(letters))
    vowels = len(_VOWEL.findall(bases)) / len(letters)
    if not _VOWELS[0] <= vowels <= _VOWELS[1]:
        return True
    mixed = sum(bool(_MIXED_WORD.search(word)) for word in words)
    single = sum(len(word) == 1 and word.isalpha() for word in words)
    return mixed > _MIXED * len(words) or single > _SINGLE * len(words)
