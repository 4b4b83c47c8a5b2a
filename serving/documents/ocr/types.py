"""What an OCR engine is given and what it sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line or column part of text; `box` is left, top, right, bottom in pixels of the upright page."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float  # 0 to 1


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is on a page, in no order yet; `turned` clockwise degrees and `skew_degrees` made it upright."""

    lines: Sequence[Line]
    turned: int = 0
    skew_degrees: float = 0.0


class Ocr(Protocol):
    """Reads pictures of pages; not safe for two threads at once."""

    name: str

    def read(self, image: "npt.NDArray[np.uint8]") -> Seen:
        """The lines of a page, uint8 [height, width, 3] RGB, turned any way; raises DocumentError."""
        ...
