"""The text layer of a PDF's page, letter by letter, as lines with places."""

import ctypes
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from serving.documents.ocr.join import HYPHEN, plain
from serving.documents.ocr.order import text_of
from serving.documents.ocr.types import Line

# In heights of a letter.
_NEW_LINE: Final = 0.5  # between the middles of two letters
_GAP: Final = 1.0  # white inside a line that may be one between columns
_BACK: Final = 0.7  # letters drawn on top of each other, as with kerning
_LINE_END_HYPHEN: Final = "\x02"  # pdfium's sign for a hyphen after which a word goes on


@dataclass(frozen=True, kw_only=True)
class TextLayer:
    """What a page's fonts say. `unmapped` letters name no character; `turned` as in Page."""

    text: str
    characters: int
    unmapped: int
    turned: int


@dataclass(frozen=True)
class _Letter:
    text: str
    box: tuple[float, float, float, float]
    space: bool  # before it


def text_layer(page: Any, most_characters: int) -> TextLayer:
    """Of a pypdfium2 page, in reading order; letters beyond `most_characters` are left out.

    Text that runs another way than most of the page's comes last.
    """
    from pypdfium2 import raw

    handle = page.get_textpage()
    try:
        count = min(handle.count_chars(), most_characters)
        units = [raw.FPDFText_GetUnicode(handle, index) for index in range(count)]
        unmapped = sum(
            raw.FPDFText_HasUnicodeMapError(handle, index) == 1 for index, unit in enumerate(units) if unit > 32
        )
        ways: dict[int, list[_Letter | None]] = {}
        for way, letter in _letters(handle, units):
            ways.setdefault(way, []).append(letter)
    finally:
        handle.close()
    most = Counter({way: len(letters) for way, letters in ways.items()}).most_common()
    texts = [text_of(list(_lines(ways[way]))) for way, _ in most]
    turned = (90 * most[0][0] - page.get_rotation()) % 360 if most else 0
    characters = sum(letter is not None for letters in ways.values() for letter in letters)
    return TextLayer(text="\n\n".join(filter(None, texts)), characters=characters, unmapped=unmapped, turned=turned)


def _letters(handle: Any, units: Sequence[int]) -> Iterator[tuple[int, _Letter | None]]:
    """Each letter with its quarter turns counter-clockwise; None where pdfium ends a line."""
    from pypdfium2 import raw

    place, space, way, high = raw.FS_RECTF(), False, 0, 0
    for index, unit in enumerate(units):
        if unit in (0x0A, 0x0D):
            space = False
            yield way, None
        elif 0xD800 <= unit < 0xDC00:
            high = unit
        elif (unit <= 0x20 and unit != 2) or unit == 0xA0:
            space = True
        elif raw.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(place)):
            text = chr(0x10000 + ((high - 0xD800) << 10) + unit - 0xDC00) if high and unit >= 0xDC00 else chr(unit)
            # pdfium's angle is clockwise.
            way = round(-raw.FPDFText_GetCharAngle(handle, index) / (math.pi / 2)) % 4
            box = _upright(place.left, place.bottom, place.right, place.top, way)
            yield way, _Letter(HYPHEN if text == _LINE_END_HYPHEN else text, box, space)
            space, high = False, 0


def _upright(left: float, bottom: float, right: float, top: float, way: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom with y downwards, on the page turned so that its text lies."""
    if way == 1:
        return bottom, left, top, right
    if way == 2:
        return -right, bottom, -left, top
    if way == 3:
        return -top, -right, -bottom, -left
    return left, -top, right, -bottom


def _lines(letters: Sequence[_Letter | None]) -> Iterator[Line]:
    line: list[_Letter] = []
    for letter in letters:
        if line and (letter is None or not _continues(line[-1], letter)):
            yield _line(line)
            line = []
        if letter is not None:
            line.append(letter)
    if line:
        yield _line(line)


def _continues(before: _Letter, letter: _Letter) -> bool:
    left, top, right, bottom = letter.box
    height = max(bottom - top, before.box[3] - before.box[1], 1e-3)
    apart = abs(top + bottom - before.box[1] - before.box[3]) / 2
    return apart < _NEW_LINE * height and -_BACK * height - (right - left) < left - before.box[2] < _GAP * height


def _line(letters: Sequence[_Letter]) -> Line:
    text = "".join((" " if letter.space and index else "") + letter.text for index, letter in enumerate(letters))
    boxes = [letter.box for letter in letters]
    # Most letters' height: one large initial or a superscript does not move its line.
    top, bottom = Counter((round(box[1], 1), round(box[3], 1)) for box in boxes).most_common(1)[0][0]
    box = min(box[0] for box in boxes), top, max(box[2] for box in boxes), bottom
    return Line(text=plain(text), box=box, confidence=1.0)
