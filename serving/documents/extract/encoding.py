"""Bytes to text: marks first, then what is declared, then what can be proven, then a guess."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from serving.documents.types import DocumentError, Why

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE: Final = 64 * 1024
_FEW_CONTROLS: Final = 2  # wherever they are
_MOST_CONTROLS: Final = 0.02
_USUAL_SIMPLIFIED: Final = frozenset(
    "的一是不了在人有我他这中大来上个国说们为和你地出也时年得就那要下以生会着去之过家可她后多"
)
_USUAL_TRADITIONAL: Final = frozenset(
    "的一是不了在人有我他這中大來上個國說們為和你地出也時年得就那要下以生會著去之過家可她後多"
)
# Encoding, what is usual in it, and the least share of that among what is not ASCII.
Known = tuple[str, Callable[[str], bool], float]
_JAPANESE: Final[tuple[Known, ...]] = (
    ("cp932", lambda c: "\u3040" <= c <= "\u30ff", 0.2),
    ("euc_jp", lambda c: "\u3040" <= c <= "\u30ff", 0.2),
)
_EASTERN: Final[tuple[Known, ...]] = (
    ("cp949", lambda c: "\uac00" <= c <= "\ud7a3", 0.9),
    ("gb18030", _USUAL_SIMPLIFIED.__contains__, 0.06),
    ("big5", _USUAL_TRADITIONAL.__contains__, 0.06),
)
_GUESSES: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
_ESCAPES: Final = re.compile(rb"\x1b\$[@B]|\x1b\([BJI]")
_CONTROLS: Final = bytes(set(range(32)) - {8, 9, 10, 11, 12, 13, 26, 27})
# Few letters beyond ASCII among many of it: a Western European language, which guesses by frequency get wrong in short
# texts. Central European ones have as few, but use these bytes, which are signs or rare letters in cp1252.
_WESTERN_SHARE: Final = 0.3
_LETTERS: Final = frozenset("ÀÂÃÄÅÆÇÈÉÊËÍÎÏÑÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëíîïñòóôõöøùúûüÿœŒ")
_SIGNS: Final = frozenset(bytes((*range(0x82, 0x8A), 0x80, 0x8B, *range(0x91, 0x98), 0x99, 0x9B)).decode("cp1252")) | (
    frozenset("\u00a0¡£§©ª«®°²³µ·º»¼½¾¿\u00b4\u00d7")
)


def decoded(data: bytes, declared: str = "") -> tuple[str, str]:
    """Text and the name of its encoding. Raises DocumentError for what is no text.

    What cannot be decoded in the end becomes U+FFFD.
    """
    name = _by_mark(data) or _without_mark(data, declared)
    text = data.decode(name, "replace")
    return text, name


def _by_mark(data: bytes) -> str:
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def _without_mark(data: bytes, declared: str) -> str:
    wide = _wide(data)
    if wide:
        return wide
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > _FEW_CONTROLS + len(sample) * _MOST_CONTROLS:
        raise DocumentError(Why.BROKEN, "It is no text: it is full of control characters.")
    if _ESCAPES.search(sample) and _fits(data, "iso2022_jp"):
        return "iso2022_jp"
    if _known(declared) and _fits(data, declared):
        return declared
    if _fits(data, "utf-8"):
        return "utf-8"
    return _guess(_to_line_end(data))


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: nearly every other byte of Western text is zero, and line feeds of any text are."""
    sample = data[: _SAMPLE & ~1]
    if 0 not in sample:
        return ""
    even, odd = sample[0::2], sample[1::2]
    for name, zeros, others, blank in (("utf-16-le", odd, even, b"\n\0"), ("utf-16-be", even, odd, b"\0\n")):
        many = zeros.count(0) > 0.3 * len(zeros)
        some = any(sample[at : at + 2] == blank for at in range(0, len(sample), 2))
        if (many or some) and others.count(0) < 0.02 * len(others) and _fits(sample, name):
            text = sample.decode(name, "ignore")
            if (
                sum(unicodedata.category(c) in ("Cn", "Co", "Cc") and c not in "\r\n\t\f" for c in text)
                < len(text) / 50
            ):
                return name
    return ""


def _guess(sample: bytes) -> str:
    japanese = _eastern(sample, _JAPANESE)
    if japanese:
        return japanese
    high = sum(byte > 127 for byte in sample)
    if high < _WESTERN_SHARE * len(sample) and _is_western(sample):
        return "cp1252"
    eastern = _eastern(sample, _EASTERN)
    if eastern:
        return eastern
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_GUESSES), preemptive_behaviour=False, language_threshold=0.05).best()
    return best.encoding if best is not None else "cp1252"


def _is_western(sample: bytes) -> bool:
    """Whether each byte above ASCII is a letter, a quotation mark, a dash or another usual sign of cp1252."""
    text = sample.decode("cp1252", "replace")
    usual = _LETTERS | _SIGNS
    return all(c in usual for c in set(text) if ord(c) > 127)


def _eastern(sample: bytes, known: Sequence[Known]) -> str:
    """By characters that every text of a language has and a wrong decoding has not: kana, Hangul, the usual Chinese."""
    best, most = "", 1.0
    for name, usual, least in known:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        wide = [c for c in text if ord(c) > 127]
        half = sum("\uff61" <= c <= "\uff9f" for c in wide)  # half-width kana are what other encodings look like
        share = (sum(usual(c) for c in wide) - half) / max(1, len(wide)) / least
        if share >= most:
            best, most = name, share
    return best


def _to_line_end(data: bytes) -> bytes:
    """A sample that cuts no character in two."""
    if len(data) <= _SAMPLE:
        return data
    end = data.rfind(b"\n", 0, _SAMPLE)
    return data[: end + 1] if end > 0 else data[:_SAMPLE]


def _known(name: str) -> bool:
    """Whether a declared name is an encoding of text, not one of Python's codecs for other things."""
    try:
        return codecs.lookup(name)._is_text_encoding and codecs.lookup(name).name not in ("idna", "punycode")
    except (LookupError, ValueError):
        return False


def _fits(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeError:
        return False
    return True
