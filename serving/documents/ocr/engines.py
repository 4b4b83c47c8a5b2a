"""Which OCR engine reads a run's pages."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from serving.documents.ocr.rapid import Rapid
from serving.documents.ocr.tesseract import Tesseract
from serving.documents.ocr.types import Ocr, Seen
from serving.documents.plan import Plan
from serving.documents.types import DocumentError, Why

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NO_ENGINE = "There is no OCR engine here: install breakeven[documents], which brings rapidocr, or tesseract."
_NO_RAPID = "rapidocr is not installed: install breakeven[documents], or choose tesseract."


class Missing:
    """Stands for an engine that is not there: the first page that needs it says what to do."""

    name = "none"

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    def read(self, image: "npt.NDArray[np.uint8]") -> Seen:
        """Raises DocumentError, always."""
        raise DocumentError(Why.MISSING_TOOL, self._sentence)


def engine(plan: Plan) -> Ocr | None:
    """What a plan's pages are read with; None where OCR is switched off.

    Nothing is loaded before the first page. An engine or a language that is not installed is said by that page.
    """
    if plan.ocr == "off":
        return None
    if plan.ocr == "tesseract":
        return Tesseract(plan.ocr_languages)
    unread = [language for language in plan.ocr_languages if language not in Rapid.languages]
    if plan.ocr == "rapidocr":
        if unread:
            return Missing(f"rapidocr does not read {', '.join(unread)}: choose tesseract for it.")
        return Rapid() if _has_rapidocr() else Missing(_NO_RAPID)
    if _has_rapidocr() and not unread:
        return Rapid()
    return Tesseract(plan.ocr_languages) if Tesseract.installed() or unread else Missing(_NO_ENGINE)


def _has_rapidocr() -> bool:
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None
