"""Lines of a page to text in reading order: columns, rows, paragraphs. The same for text layers and for OCR."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from serving.documents.ocr.join import is_broken, joined, spaced
from serving.documents.ocr.types import Line

# A column of prose: lines that fill their column and hold words. Below that it is a table, which is read by rows.
_LINES_OF_COLUMN: Final = 3
_FILLED: Final = 0.45  # of its long lines, by the median one
_LETTERS_OF_LINE: Final = 10  # those of scripts without spaces count twice
_WIDE: Final = 0.6  # of the page's text: a line across columns, not part of one
_GUTTER: Final = 0.6  # of a line's height: the least white between columns
_ACROSS: Final = 0.4  # as many lines as this share may cross a gutter before it is none
_DEPTH: Final = 4
# Lines belong to one row where their middles differ by less than this share of a height.
_SAME_ROW: Final = 0.5
# Gaps between lines, in heights: above the first it is a new paragraph. Boxes of OCR are higher than their letters.
_PARAGRAPH_GAP: Final = 0.55
_MORE_THAN_USUAL: Final = 0.4
_SAME_HEIGHT: Final = 1.4  # the larger to the smaller: a heading is no part of its paragraph
_INDENT: Final = 1.2  # heights
_RAGGED: Final = 0.04  # of a column's width: letters differ in theirs
_END: Final = frozenset(".!?:;\"')]\N{RIGHT DOUBLE QUOTATION MARK}\u3002\uff01\uff1f\u300d\uff09")


@dataclass(frozen=True, kw_only=True)
class _Row:
    text: str
    left: float
    top: float
    right: float
    bottom: float
    parts: int  # with white between

    @property
    def height(self) -> float:
        return self.bottom - self.top


def text_of(lines: Sequence[Line]) -> str:
    """The text of a page: columns one after the other, paragraphs with an empty line between, words put together."""
    text = ""
    for column in columns([line for line in lines if line.text.strip()]):
        block = _paragraphs(_rows(column))
        text = joined(text, block) if _flows(text, block) else f"{text}\n\n{block}"
    return text.strip("\n")


def _flows(before: str, after: str) -> bool:
    """Whether a sentence goes on in the next column."""
    if not before or not after or before[-1] in _END:
        return False
    return after[0].islower() or not (spaced(before[-1]) or spaced(after[0]))


def columns(lines: Sequence[Line], depth: int = 0) -> Iterator[list[Line]]:
    """The lines of a page as columns in the order in which they are read; a page without columns is one."""
    at = _gutter(lines) if depth < _DEPTH else None
    if at is None:
        if lines:
            yield list(lines)
        return
    band: list[Line] = []
    across: list[Line] = []
    for line in sorted(lines, key=lambda one: (one.box[1] + one.box[3], one.box[0])):
        if _crosses(line, at):
            yield from _band(band, at, depth)
            band = []
            across.append(line)
        else:
            if across:
                yield across
                across = []
            band.append(line)
    yield from _band(band, at, depth)
    if across:
        yield across


def _band(lines: list[Line], at: float, depth: int) -> Iterator[list[Line]]:
    yield from columns([line for line in lines if _middle(line) < at], depth + 1)
    yield from columns([line for line in lines if _middle(line) >= at], depth + 1)


def _middle(line: Line) -> float:
    return (line.box[0] + line.box[2]) / 2


def _crosses(line: Line, at: float) -> bool:
    slack = 0.5 * _height(line)
    return line.box[0] < at - slack and line.box[2] > at + slack


def _height(line: Line) -> float:
    return max(1e-6, line.box[3] - line.box[1])


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where white runs down between two columns of prose; None where there are no columns."""
    if len(lines) < 2 * _LINES_OF_COLUMN:
        return None
    left, right = min(line.box[0] for line in lines), max(line.box[2] for line in lines)
    narrow = [line for line in lines if line.box[2] - line.box[0] < _WIDE * (right - left)]
    if len(narrow) < 2 * _LINES_OF_COLUMN:
        return None
    least = _GUTTER * statistics.median(map(_height, narrow))
    for start, end in sorted(_white(narrow), key=lambda gap: gap[0] - gap[1]):
        at = (start + end) / 2
        sides = [line for line in narrow if line.box[2] <= at], [line for line in narrow if line.box[0] >= at]
        across = sum(_crosses(line, at) for line in lines)
        if end - start >= least and across <= _ACROSS * len(lines) and all(map(_is_prose, sides)):
            return at
    return None


def _white(lines: Sequence[Line]) -> Iterator[tuple[float, float]]:
    """Ranges from left to right that no line touches."""
    reached: float | None = None
    for left, _, right, _ in sorted(line.box for line in lines):
        if reached is not None and left > reached:
            yield reached, left
        reached = right if reached is None else max(reached, right)


def _is_prose(lines: Sequence[Line]) -> bool:
    """Whether lines on one side of a gutter are words that fill a column, or columns; numbers are a table's."""
    if len({round(line.box[1] / _height(line)) for line in lines}) < _LINES_OF_COLUMN:
        return False
    widths = sorted(line.box[2] - line.box[0] for line in lines)
    letters = [sum(2 - spaced(c) for c in line.text if c.isalpha()) for line in lines]
    filled = statistics.median(widths) >= _FILLED * widths[-1 - len(widths) // 10]
    return filled and statistics.median(letters) >= _LETTERS_OF_LINE


def _rows(lines: Sequence[Line]) -> list[_Row]:
    """Lines side by side put together, from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.box[1] + one.box[3]):
        if rows and _beside(rows[-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_row(sorted(row, key=lambda one: one.box[0])) for row in rows]


def _beside(row: Sequence[Line], line: Line) -> bool:
    last = row[-1]
    apart = abs(line.box[1] + line.box[3] - last.box[1] - last.box[3]) / 2
    if apart >= _SAME_ROW * min(_height(last), _height(line)):
        return False
    # Two lines at one height that overlap are a line and its note, not two parts of a row.
    return all(min(line.box[2], one.box[2]) - max(line.box[0], one.box[0]) < 0.5 * _height(line) for one in row)


def _row(pieces: Sequence[Line]) -> _Row:
    text, parts = pieces[0].text.strip(), 1
    for before, piece in pairwise(pieces):
        apart = piece.box[0] - before.box[2] > _height(piece)
        parts += apart
        text = joined(text, piece.text.strip(), apart=apart)
    boxes = [piece.box for piece in pieces]
    return _Row(
        text=text,
        left=boxes[0][0],
        top=min(box[1] for box in boxes),
        right=max(box[2] for box in boxes),
        bottom=max(box[3] for box in boxes),
        parts=parts,
    )


def _paragraphs(rows: Sequence[_Row]) -> str:
    if not rows:
        return ""
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    gaps = [(after.top - row.bottom) / row.height for row, after in pairwise(rows)]
    usual = statistics.median_low(gaps) if gaps else 0.0
    # One gap says nothing of what is usual: then it is judged by itself.
    most = usual + _MORE_THAN_USUAL if len(gaps) > 2 else _PARAGRAPH_GAP
    text = rows[0].text
    for (row, after), gap in zip(pairwise(rows), gaps, strict=True):
        if gap > most or _new_size(row, after):
            text += f"\n\n{after.text}"
        elif _goes_on(row, after, left, right):
            text = joined(text, after.text)
        else:
            text += f"\n{after.text}"
    return text


def _new_size(row: _Row, after: _Row) -> bool:
    low, high = sorted((row.height, after.height))
    return high > _SAME_HEIGHT * low


def _is_words(text: str) -> bool:
    """Whether it is more letters than anything else: rows of numbers stay rows."""
    return 2 * sum(c.isalpha() for c in text) >= sum(not c.isspace() for c in text)


def _goes_on(row: _Row, after: _Row, left: float, right: float) -> bool:
    """Whether a line was broken because the next word had no room, not because something new begins."""
    if is_broken(row.text, after.text):
        return True
    if (
        row.parts > 1
        or not (_is_words(row.text) and _is_words(after.text))
        or after.left - row.left >= _INDENT * after.height
    ):
        return False
    word = 1 if not spaced(after.text[0]) else len(after.text.split(maxsplit=1)[0]) + 1
    return row.right + word * (row.right - row.left) / len(row.text) > right - (right - left) * _RAGGED
