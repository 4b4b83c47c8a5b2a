"""Small PDFs and pictures of pages, written here so that what they say is known."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from serving.documents.extract import image as image_reader
from serving.documents.extract import pdf as pdf_reader
from serving.documents.extract.registry import Content, Context
from serving.documents.extract.tools import Tools
from serving.documents.limits import Limits
from serving.documents.ocr.types import Line, Ocr, Seen
from serving.documents.plan import Plan
from serving.documents.types import Page

LETTER = (
    "Dear Mrs Miller,",
    "The room was clean and the staff were friendly.",
    "We would come again and recommend the house.",
    "The breakfast was excellent, with fresh fruit.",
    "Kind regards, Joseph Green",
)
JAPANESE_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
LYING, RISING, OVER = "1 0 0 1", "0 1 -1 0", "-1 0 0 -1"


class Reads:
    """An OCR engine that sees the same line on every page, and keeps the pages' shapes."""

    name = "reads"

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def read(self, image: npt.NDArray[np.uint8]) -> Seen:
        self.shapes.append(image.shape)
        return Seen(lines=[Line(text="Seen by OCR.", box=(0.0, 0.0, 100.0, 20.0), confidence=0.75)], turned=90)


def context(ocr: Ocr | None = None, **limits: int) -> Context:
    return Context(plan=Plan(limits=Limits(**limits)), tools=Tools(ocr=ocr))


def read_pdf(data: bytes, within: Context | None = None) -> list[Page]:
    return pdf_reader.read(Content(id="a.pdf", kind="pdf", held=data), within or context(Reads()))


def read_image(data: bytes, within: Context) -> list[Page]:
    return image_reader.read(Content(id="a.png", kind="image", held=data), within)


def written(lines: Sequence[tuple[float, float, str]], way: str = LYING, size: int = 11) -> bytes:
    """Page content: lines of text at places."""
    shown = (f"{way} {x} {y} Tm ({text}) Tj" for x, y, text in lines)
    return f"BT /F1 {size} Tf {' '.join(shown)} ET".encode("cp1252")


def pdf(
    *pages: bytes, more: str = "", box: str = "0 0 595 842", picture: tuple[int, int, bytes] | None = None
) -> bytes:
    """A PDF of these contents; `picture` (width, height, grey bytes) is drawn by `/I Do`."""
    wide, high, grey = picture or (1, 1, b"\0")
    head = f"/Type /XObject /Subtype /Image /Width {wide} /Height {high} /ColorSpace /DeviceGray /BitsPerComponent 8"
    kids = " ".join(f"{5 + 2 * index} 0 R" for index in range(len(pages)))
    things = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        _stream(head, grey),
    ]
    for content in pages:
        resources = "/Resources << /Font << /F1 3 0 R >> /XObject << /I 4 0 R >> >>"
        contents = f"/Contents {len(things) + 2} 0 R"
        things.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] {resources} {contents} {more} >>".encode())
        things.append(_stream("", content))
    out, places = b"%PDF-1.4\n", []
    for number, thing in enumerate(things, 1):
        places.append(len(out))
        out += b"%d 0 obj " % number + thing + b" endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head_of_table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(things) + 1)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(things) + 1, len(out))
    return out + head_of_table + table + end


def _stream(head: str, data: bytes) -> bytes:
    return f"<< {head} /Length {len(data)} >> stream\n".encode() + data + b"\nendstream"


def paper(lines: Sequence[str] = LETTER, *, japanese: bool = False, size: int = 26, noise: float = 0.0) -> Image.Image:
    """A grey picture of a short page."""
    font = ImageFont.truetype(str(JAPANESE_FONT), size) if japanese else ImageFont.load_default(size)
    sheet = Image.new("L", (900, 640), 255)
    pen = ImageDraw.Draw(sheet)
    for index, line in enumerate(lines):
        pen.text((80, 80 + index * size * 1.7), line, fill=0, font=font)
    if noise:
        grain = np.random.default_rng(0).normal(0, noise, (sheet.height, sheet.width))
        sheet = Image.fromarray((np.asarray(sheet) * 0.9 + 12 + grain).clip(0, 255).astype(np.uint8))
    return sheet


def lying(sheet: Image.Image, degrees: int, skew: float = 0.0) -> Image.Image:
    """The page so that it has to be turned clockwise by `degrees`, and by `skew`, to be upright."""
    return sheet.rotate(skew, Image.Resampling.BICUBIC, expand=True, fillcolor=250).rotate(degrees, expand=True)


def pixels(sheet: Image.Image) -> npt.NDArray[np.uint8]:
    return np.array(sheet.convert("RGB"), dtype=np.uint8)


def stored(sheet: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    sheet.save(file, form, **options)
    return file.getvalue()
