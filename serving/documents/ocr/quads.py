"""The four corners of a line on a picture: which way it runs, cut out of the picture, put upright."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Quads = npt.NDArray[np.float32]  # [lines, 4, 2]: corners x, y clockwise from that which is left and top on the picture
_LONG = 8.0  # width to height of a line whose edges tell its slope
_MOSTLY = 0.3  # of all lines' length
Pixels = npt.NDArray[np.uint8]  # [height, width, 3]


def ordered(corners: npt.ArrayLike) -> Quads:
    """Corners [lines, 4, 2] in any order, clockwise, and so that the first edge runs to the right within 45 degrees.

    Detectors sort them by their left ends, which is wrong for tall boxes that lean.
    """
    points = np.asarray(corners, np.float32).reshape(-1, 4, 2)
    around = points - points.mean(axis=1, keepdims=True)
    turn = np.argsort(np.arctan2(around[..., 1], around[..., 0]), axis=1)
    points = np.take_along_axis(points, turn[..., None], axis=1)
    edges = np.roll(points, -1, axis=1) - points
    # The sum with the opposite edge, reversed: corners are rounded to pixels, and short edges are inexact.
    edges = edges - np.roll(edges, 2, axis=1)
    first = np.argmax(edges[..., 0] / np.maximum(np.hypot(edges[..., 0], edges[..., 1]), 1e-6), axis=1)
    index = (first[:, None] + np.arange(4)) % 4
    return np.take_along_axis(points, index[..., None], axis=1).astype(np.float32)


def sizes(quads: Quads) -> npt.NDArray[np.float32]:
    """Width and height of each, [lines, 2], along its own edges."""
    across = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1) + np.linalg.norm(quads[:, 2] - quads[:, 3], axis=1)
    down = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1) + np.linalg.norm(quads[:, 2] - quads[:, 1], axis=1)
    return np.asarray(np.stack([across, down], axis=1) / 2, np.float32)


def turned(quads: Quads, degrees: int, width: float, height: float) -> Quads:
    """The corners on the picture turned clockwise by 0, 90, 180 or 270 degrees; `width`, `height`: before it."""
    x, y = quads[..., 0], quads[..., 1]
    places = {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}
    return np.roll(np.stack(places[degrees], axis=-1), degrees // 90, axis=1)


def slope_degrees(quads: Quads) -> float | None:
    """By how much lines fall to the right: the median of the long ones, each with its length as weight.

    None where there are too few to tell: the boxes of single words and numbers lean as their letters do.
    """
    wide = sizes(quads)
    long = wide[:, 0] > _LONG * wide[:, 1]
    if wide[long, 0].sum() < _MOSTLY * wide[:, 0].sum():
        return None
    edges = (quads[:, 1] - quads[:, 0]) + (quads[:, 2] - quads[:, 3])
    angles = np.degrees(np.arctan2(edges[long, 1], edges[long, 0]))
    order, weights = np.argsort(angles), wide[long, 0]
    sums = np.cumsum(weights[order])
    return float(angles[order][np.searchsorted(sums, sums[-1] / 2)])


def levelled(quads: Quads, slope: float) -> Quads:
    """The corners on the picture turned back by its slope, in degrees."""
    a = np.radians(slope)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]], np.float32)
    return quads @ turn


def level(picture: Pixels, slope: float) -> Pixels:
    """The picture turned back by its slope, in degrees, with room for its corners."""
    import cv2

    height, width = picture.shape[:2]
    a = np.radians(slope)
    size = np.abs([[np.cos(a), np.sin(a)], [np.sin(a), np.cos(a)]]) @ [width, height]
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), slope, 1.0), np.float64)
    matrix[:, 2] += np.array([size[0] - width, size[1] - height]) / 2
    goal = int(np.ceil(size[0])), int(np.ceil(size[1]))
    # The median of the paper, not black: an edge looks like a line.
    paper = [float(shade) for shade in np.median(picture[::8, ::8].reshape(-1, 3), axis=0)]
    turned_back = cv2.warpAffine(
        np.ascontiguousarray(picture),
        matrix,
        goal,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=paper,
    )
    return np.asarray(turned_back, np.uint8)


def boxes(quads: Quads) -> "Sequence[tuple[float, float, float, float]]":
    """Left, top, right, bottom of each: those of its edges' middles, which lean less than its corners."""
    left, right = (quads[:, 0, 0] + quads[:, 3, 0]) / 2, (quads[:, 1, 0] + quads[:, 2, 0]) / 2
    top, bottom = (quads[:, 0, 1] + quads[:, 1, 1]) / 2, (quads[:, 2, 1] + quads[:, 3, 1]) / 2
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in zip(left, top, right, bottom, strict=True)]


def cut_out(picture: Pixels, quad: npt.NDArray[np.float32], degrees: int) -> Pixels:
    """A line out of a picture that has to be turned by so many degrees clockwise, as it is read: left to right."""
    import cv2

    corners = np.roll(quad, degrees // 90, axis=0)
    width, height = (max(1, round(float(side))) for side in sizes(corners[None])[0])
    goal = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, goal)
    cut = cv2.warpPerspective(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    # Lines written from top to bottom are recognised lying down.
    if height > 2 * width:
        cut = cv2.rotate(cut, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return np.asarray(cut, np.uint8)
