"""Whether there is anything on a page, told without a model."""

from typing import Final

import numpy as np
import numpy.typing as npt

_CELL: Final = 8  # pixels: the means of cells leave a scanner's noise out
# One letter of 6 points at 100 dpi makes 24, in a noisy scan 16; empty noisy paper less than 14. A page above it by
# mistake only costs the time of a detection.
_CONTRAST: Final = 14.0


def is_blank(image: npt.NDArray[np.uint8]) -> bool:
    """Whether no cell of a picture, uint8 [height, width, 3], differs from those around it as letters do."""
    height, width = (side // _CELL * _CELL for side in image.shape[:2])
    if height < 3 * _CELL or width < 3 * _CELL:
        return bool(image.max(initial=0) == image.min(initial=255))
    green = image[:height, :width, 1]  # as good as grey, without a copy
    cells = green.reshape(height // _CELL, _CELL, width // _CELL, _CELL).mean(axis=(1, 3), dtype=np.float32)
    down, across = np.abs(np.diff(cells, axis=0)), np.abs(np.diff(cells, axis=1))
    return bool(max(down.max(initial=0), across.max(initial=0)) < _CONTRAST)
