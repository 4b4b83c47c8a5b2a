"""The slope of a page's lines without a detector: the angle at which its rows, or its columns, differ most."""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import Image

_SIDE: Final = 700  # pixels of the picture that is looked at
_MOST: Final = 8.0  # degrees to either side
_STEPS: Final = (1.0, 0.2)
_WORTH: Final = 1.05  # an angle has to be so much better than none


def slope_degrees(image: npt.NDArray[np.uint8]) -> float:
    """By how many degrees lines fall to the right, -8 to 8, of a picture [height, width, 3] turned any way."""
    from PIL import Image

    small = Image.fromarray(image).convert("L")
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, np.float32)
    ink = Image.fromarray(np.clip(np.median(grey) - grey - 24, 0, 255).astype(np.uint8))
    best, middle = 0.0, 0.0
    none = _contrast(ink, 0.0)
    for step, reach in zip(_STEPS, (_MOST, _STEPS[0]), strict=True):
        angles = np.arange(middle - reach, middle + reach + step / 2, step)
        scores = [_contrast(ink, float(angle)) for angle in angles]
        middle, best = float(angles[int(np.argmax(scores))]), max(scores)
    return middle if best > _WORTH * none else 0.0


def paper(image: npt.NDArray[np.uint8]) -> tuple[int, int, int]:
    """The colour around the letters."""
    red, green, blue = np.median(image[::8, ::8].reshape(-1, 3), axis=0)
    return int(red), int(green), int(blue)


def _contrast(ink: "Image.Image", angle: float) -> float:
    from PIL import Image

    level = np.asarray(ink.rotate(angle, Image.Resampling.BILINEAR), np.float32)
    return max(float((np.diff(level.sum(axis=axis)) ** 2).sum()) for axis in (0, 1))
