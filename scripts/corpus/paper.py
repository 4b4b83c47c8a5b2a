"""PDF files: text set on pages with the fonts that every PDF reader has, pictures of pages, both."""

import ctypes
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from scripts.corpus.texts import Leaf

WIDTH, HEIGHT = 595.0, 842.0  # A4 in points
MARGIN, GUTTER, LEADING = 60.0, 24.0, 1.3
# Of the fourteen standard ones, which need no file: how they look is the reader's business, how wide they are is fixed.
FONTS: Final = ("Times-Roman", "Helvetica", "Courier")
# A page's content turned counter-clockwise, so that turning it clockwise by as much puts it right.
TURNS: Final = {
    0: (1, 0, 0, 1, 0, 0),
    90: (0, 1, -1, 0, HEIGHT, 0),
    180: (-1, 0, 0, -1, WIDTH, HEIGHT),
    270: (0, -1, 1, 0, 0, WIDTH),
}


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a page's text is set."""

    font: str = "Times-Roman"
    size: float = 11.0  # points
    columns: int = 1

    @property
    def column_width(self) -> float:
        """Points."""
        return (WIDTH - 2 * MARGIN - GUTTER * (self.columns - 1)) / self.columns


class Paper:
    """One PDF that is being made."""

    def __init__(self) -> None:
        self._pdf = pdfium.PdfDocument.new()
        self._fonts: dict[str, Any] = {}

    def add_text(self, leaf: Leaf, style: Style, turned: int = 0) -> None:
        """A page with a text layer. Raises ValueError where the text is longer than the page."""
        size = (HEIGHT, WIDTH) if turned in (90, 270) else (WIDTH, HEIGHT)
        page = self._pdf.new_page(*size)
        for line, x, y in _set(leaf, style):
            made = self._line(line, style.font, style.size)
            raw.FPDFPageObj_Transform(made, 1, 0, 0, 1, x, y)
            raw.FPDFPageObj_Transform(made, *TURNS[turned])
            raw.FPDFPage_InsertObject(page.raw, made)
        page.gen_content()

    def add_picture(self, jpeg: bytes, dpi: int, hidden: str = "") -> None:
        """A page that is one picture; `hidden` is written on it without being seen, as scanners with OCR do."""
        with Image.open(io.BytesIO(jpeg)) as opened:
            width, height = (side * 72 / dpi for side in opened.size)
        page = self._pdf.new_page(width, height)
        picture = pdfium.PdfImage.new(self._pdf)
        picture.load_jpeg(io.BytesIO(jpeg), inline=True)
        picture.set_matrix(pdfium.PdfMatrix().scale(width, height))
        page.insert_obj(picture)
        for number, line in enumerate(hidden.splitlines()):
            made = self._line(line, "Helvetica", 10)
            raw.FPDFTextObj_SetTextRenderMode(made, raw.FPDF_TEXTRENDERMODE_INVISIBLE)
            raw.FPDFPageObj_Transform(made, 1, 0, 0, 1, MARGIN, height - MARGIN - 14 * number)
            raw.FPDFPage_InsertObject(page.raw, made)
        page.gen_content()

    def save(self) -> bytes:
        """The file, the same for the same content: without the time and the random name that pdfium gives it."""
        out = io.BytesIO()
        self._pdf.save(out)
        data = re.sub(rb"/CreationDate ?\([^)]*\)", lambda found: b" " * len(found[0]), out.getvalue())
        bare = re.sub(rb"/ID\[<\w{32}><\w{32}>\]", b"", data)
        name = hashlib.md5(bare, usedforsecurity=False).hexdigest().upper().encode()
        return re.sub(rb"/ID\[<\w{32}><\w{32}>\]", b"/ID[<" + name + b"><" + name + b">]", data)

    def _line(self, text: str, font: str, size: float) -> Any:
        if font not in self._fonts:
            self._fonts[font] = raw.FPDFText_LoadStandardFont(self._pdf.raw, font.encode())
        made = raw.FPDFPageObj_CreateTextObj(self._pdf.raw, self._fonts[font], size)
        units = (text + "\0").encode("utf-16-le")
        raw.FPDFText_SetText(made, (ctypes.c_ushort * (len(units) // 2)).from_buffer_copy(units))
        return made


class Ruler:
    """How wide words are in a font."""

    def __init__(self, font: str) -> None:
        self._paper, self._font, self._known = Paper(), font, dict[str, float]()

    def width(self, word: str, size: float) -> float:
        """In points."""
        if word not in self._known:
            left, bottom, right, top = (ctypes.c_float() for _ in range(4))
            made = self._paper._line(word, self._font, 100)
            raw.FPDFPageObj_GetBounds(made, left, bottom, right, top)
            raw.FPDFPageObj_Destroy(made)
            self._known[word] = right.value - left.value
        return self._known[word] * size / 100

    @cached_property
    def _space(self) -> float:
        return self.width("x x", 100) - self.width("xx", 100)

    def wrap(self, paragraph: str, size: float, width: float) -> Iterator[str]:
        """Lines no wider than `width` points, but for a single word that is."""
        words: list[str] = []
        used = 0.0
        for word in paragraph.split():
            step = self.width(word, size) + self._space * size / 100
            if words and used + step > width:
                yield " ".join(words)
                words, used = [], 0.0
            words.append(word)
            used += step
        if words:
            yield " ".join(words)


_rulers: dict[str, Ruler] = {}


def render(pdf: bytes, dpi: int) -> Iterator[Image.Image]:
    """Grey pictures of a PDF's pages, as they are displayed."""
    document = pdfium.PdfDocument(pdf)
    try:
        for page in document:
            yield page.render(scale=dpi / 72, grayscale=True).to_pil()
    finally:
        document.close()


def printed(leaves: Sequence[Leaf], style: Style, dpi: int) -> list[Image.Image]:
    """Pictures of pages that were set and printed."""
    paper = Paper()
    for leaf in leaves:
        paper.add_text(leaf, style)
    return list(render(paper.save(), dpi))


def _set(leaf: Leaf, style: Style) -> Iterator[tuple[str, float, float]]:
    """Lines with the place of their left end on the upright page."""
    ruler = _rulers.setdefault(style.font, Ruler(style.font))
    column, y = 0, HEIGHT - MARGIN
    for paragraph in leaf.paragraphs:
        for line in ruler.wrap(paragraph, style.size, style.column_width):
            if y < MARGIN:
                column, y = column + 1, HEIGHT - MARGIN
            if column == style.columns:
                raise ValueError(f"{len(leaf.text)} characters: more than a page of {style.font} {style.size:g} holds")
            yield line, MARGIN + column * (style.column_width + GUTTER), y
            y -= style.size * LEADING
        y -= style.size * LEADING / 2
