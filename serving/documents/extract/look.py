"""A picture of a page to its text, with the OCR engine that the process has."""

from typing import TYPE_CHECKING

from serving.documents.extract.registry import Context
from serving.documents.ocr.order import text_of
from serving.documents.types import Page

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def page_of(picture: "npt.NDArray[np.uint8]", number: int, context: Context) -> Page:
    """The page on a picture, uint8 [height, width, 3] RGB, turned any way; raises DocumentError.

    "none" where nothing is written on it, or where OCR is switched off, which is then noted.
    """
    if context.tools.ocr is None:
        context.note("Pages without text were not read: OCR is switched off.")
        return Page(number=number, text="", method="none")
    seen = context.tools.ocr.read(picture)
    letters = sum(len(line.text) for line in seen.lines)
    if not letters:
        return Page(number=number, text="", method="none")
    confidence = sum(line.confidence * len(line.text) for line in seen.lines) / letters
    return Page(
        number=number,
        text=text_of(seen.lines),
        method="ocr",
        turned=seen.turned,
        skew_degrees=seen.skew_degrees,
        confidence=round(confidence, 4),
    )
