"""Which way up a page is: told by the lines' shapes, and by reading a few of them in the ways left."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

# Reads the lines with these numbers, as they are after so many degrees clockwise: text and confidence of each.
ReadLines = Callable[[Sequence[int], int], Sequence[tuple[str, float]]]
Read = tuple[str, float]

_LONG: Final = 2.0  # the longer side to the shorter, for a line that shows its direction
_CLEAR: Final = 0.85  # of the lines' length runs one way: the other way is not tried
_SURE: Final = 0.9  # mean confidence of lines read the right way up; upside down it is 0.3 to 0.75
_ENOUGH: Final = 10  # letters that are no letters upside down
_BATCH: Final = 2  # lines read at a time
_MOST: Final = 8  # lines read to decide
_MARGIN: Final = 0.12  # of the confidence of one way over the others
_BEST_SHAPE: Final = 7.0  # width to height of the lines to ask first: enough letters, little time
# Read upside down these give letters and digits as sure as the right ones.
_EITHER_WAY: Final = frozenset("0123456789OoXxZzSsNnHIilpdbquMWmw.,-+:/()|'")


class Sampler:
    """Reads lines of a page, each once for each way up; `sizes` are their widths and heights, [lines, 2]."""

    def __init__(self, sizes: npt.NDArray[np.float32], read: ReadLines) -> None:
        self._sizes, self._read = sizes, read
        self._known: dict[tuple[int, int], Read] = {}

    def degrees(self) -> int:
        """By how many degrees clockwise the page is to be turned: 0, 90, 180 or 270."""
        ways = self._ways()
        order = self._asked()
        for start in range(0, min(_MOST, len(order)), _BATCH):
            first = self._texts(order[: start + _BATCH], ways[0])
            if _is_sure(first):
                return ways[0]
            scores = sorted(((_score(self._texts(order[: start + _BATCH], way)), -way) for way in ways), reverse=True)
            if scores[0][0] - scores[1][0] > _MARGIN and scores[0][0] > _SURE - 0.2:
                return -scores[0][1]
            ways = [-way for _, way in scores]
        return ways[0]

    def known(self, degrees: int) -> Mapping[int, Read]:
        """What was read of the page turned by so many degrees, by the lines' numbers."""
        return {one: read for (one, way), read in self._known.items() if way == degrees}

    def _texts(self, which: Sequence[int], way: int) -> Sequence[Read]:
        new = [one for one in which if (one, way) not in self._known]
        if new:
            self._known.update({(one, way): read for one, read in zip(new, self._read(new, way), strict=True)})
        return [self._known[one, way] for one in which]

    def _ways(self) -> list[int]:
        """Those that the lines' shapes leave, the likelier first."""
        wide, high = self._sizes[:, 0], self._sizes[:, 1]
        lying = float(wide[wide > _LONG * high].sum())
        standing = float(high[high > _LONG * wide].sum())
        if lying > _CLEAR * (lying + standing):
            return [0, 180]
        if standing > _CLEAR * (lying + standing):
            return [90, 270]
        return [0, 90, 180, 270] if lying >= standing else [90, 270, 0, 180]

    def _asked(self) -> list[int]:
        """The lines' numbers, those first that say much in little time."""
        long = self._sizes.max(axis=1) / np.maximum(1.0, self._sizes.min(axis=1))
        return [int(one) for one in np.argsort(np.abs(np.log(long / _BEST_SHAPE)), kind="stable")]


def _is_sure(texts: Sequence[Read]) -> bool:
    letters = sum(sum(c not in _EITHER_WAY and not c.isspace() for c in text) for text, _ in texts)
    return letters >= _ENOUGH and _score(texts) >= _SURE


def _score(texts: Sequence[Read]) -> float:
    """Mean confidence, by letters; lines in which nothing was read count as a letter."""
    parts = [(max(1, len(text.strip())), confidence if text.strip() else 0.0) for text, confidence in texts]
    return sum(weight * confidence for weight, confidence in parts) / sum(weight for weight, _ in parts)
