"""PDF: each page by its text layer, or by OCR where that is missing, is garbage, or is a stamp on a scan."""

import ctypes
import math
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from serving.documents.extract.look import page_of
from serving.documents.extract.pdf_text import TextLayer, text_layer
from serving.documents.extract.registry import Content, Context, reader, too_long
from serving.documents.ocr.garbage import is_garbage
from serving.documents.types import DocumentError, Page, Why

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_POINTS_PER_INCH: Final = 72
_DPI: Final = 200  # of letters of 9 points and more 150 reads as well; the recogniser's time does not depend on it
_MOST_PIXELS: Final = 16_000_000  # of a page: larger paper has larger letters, or is read coarser
_LONGEST_SIDE: Final = 12_000  # pixels
# A page of a picture with fewer letters than this is a scan with a stamp, a page number or a watermark.
_STAMP: Final = 200
_SCAN: Final = 0.5  # of the page's area, covered by one picture
_MOST_OBJECTS: Final = 5_000  # looked at for pictures
_DEPTH: Final = 4  # forms in forms


@reader("pdf")
def read(content: Content, context: Context) -> list[Page]:
    """One page at a time, so that memory does not grow with the document; raises DocumentError."""
    document = opened(content)
    with closing(document):
        count = len(document)
        if not count:
            raise DocumentError(Why.EMPTY, "The PDF has no pages.")
        if count > context.limits.pages:
            raise DocumentError(Why.LIMIT, f"It has {count} pages, more than {context.limits.pages} (the limit pages).")
        pages: list[Page] = []
        failed: list[DocumentError] = []
        left = context.limits.characters
        for number in range(1, count + 1):
            try:
                pages.append(_page(document, number, left, context))
            except DocumentError as error:
                failed.append(error)
                context.note(f"Page {number} was not read: {error.sentence}")
                pages.append(Page(number=number, text="", method="none"))
            left -= len(pages[-1].text)
            if left < 0:
                raise too_long(context.limits)
    if failed and not any(page.text for page in pages):
        raise failed[0]
    return pages


def opened(content: Content) -> Any:
    """The pypdfium2 document, to be closed; raises DocumentError."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(content.path if content.held is None else content.held)
    except (pypdfium2.PdfiumError, OSError) as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise DocumentError(Why.ENCRYPTED, "The PDF is encrypted, and no password is known.") from None
        if isinstance(error, PermissionError | FileNotFoundError):
            raise DocumentError(Why.UNREADABLE, f"The file cannot be read: {error.strerror or error}.") from None
        raise DocumentError(Why.BROKEN, "The PDF is damaged: it cannot be opened.") from None


def _page(document: Any, number: int, most_characters: int, context: Context) -> Page:
    import pypdfium2

    try:
        with closing(document[number - 1]) as page:
            layer = text_layer(page, most_characters + 1)
            if not _is_to_be_seen(page, layer):
                method = "text-layer" if layer.text else "none"
                return Page(number=number, text=layer.text, method=method, turned=layer.turned if layer.text else 0)
            if context.tools.ocr is None:
                context.note("Pages without a good text layer were not read: OCR is switched off.")
                return Page(number=number, text="", method="none")
            check_pictures(page, context.limits.image_pixels)
            picture = _drawn(page, min(_MOST_PIXELS, context.limits.image_pixels))
        return page_of(picture, number, context)
    except pypdfium2.PdfiumError:
        raise DocumentError(Why.BROKEN, "The page is damaged.") from None


def _is_to_be_seen(page: Any, layer: TextLayer) -> bool:
    """Whether OCR is to read it: no text layer but something drawn, a bad one, or a stamp on a scan."""
    from pypdfium2 import raw

    if not layer.characters:
        return bool(raw.FPDFPage_CountObjects(page) > 0 or raw.FPDFPage_GetAnnotCount(page) > 0)
    if is_garbage(layer.text, unmapped=layer.unmapped):
        return True
    return layer.characters < _STAMP and _largest_picture(page) >= _SCAN


def _pictures(page: Any) -> Iterator[Any]:
    from pypdfium2 import raw

    for count, one in enumerate(page.get_objects(max_depth=_DEPTH)):
        if one.type == raw.FPDF_PAGEOBJ_IMAGE:
            yield one
        if count >= _MOST_OBJECTS:
            return


def _largest_picture(page: Any) -> float:
    """Share of the page that the largest picture covers, 0 to 1."""
    width, height = page.get_size()
    area: float = 0.0
    for one in _pictures(page):
        left, bottom, right, top = one.get_bounds()
        area = max(area, float(abs(right - left) * abs(top - bottom)))
    return min(1.0, area / max(1.0, float(width) * float(height)))


def check_pictures(page: Any, most_pixels: int) -> None:
    """Raises DocumentError for a picture that would need far more memory than its file, before it is unpacked."""
    from pypdfium2 import raw

    width, height = ctypes.c_uint(), ctypes.c_uint()
    for one in _pictures(page):
        if not raw.FPDFImageObj_GetImagePixelSize(one, ctypes.byref(width), ctypes.byref(height)):
            continue
        if width.value * height.value > most_pixels:
            size = f"{width.value} x {height.value} pixels"
            sentence = f"A picture in it has {size}, more than {most_pixels} (the limit image_pixels)."
            raise DocumentError(Why.LIMIT, sentence)


def _drawn(page: Any, most_pixels: int) -> "npt.NDArray[np.uint8]":
    """The page as it is shown, uint8 [height, width, 3] RGB."""
    import numpy as np

    width, height = (max(1.0, float(side)) for side in page.get_size())
    if not math.isfinite(width * height):
        raise DocumentError(Why.BROKEN, "The page has no size.")
    scale = min(_DPI / _POINTS_PER_INCH, math.sqrt(most_pixels / (width * height)), _LONGEST_SIDE / max(width, height))
    bitmap = page.render(scale=scale, rev_byteorder=True)
    with closing(bitmap):
        # A copy: the bitmap's memory goes with it.
        pixels = bitmap.to_numpy()
        return np.array(
            pixels[..., :3] if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2), dtype=np.uint8
        )
