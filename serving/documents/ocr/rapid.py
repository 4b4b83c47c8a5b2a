"""rapidocr: PP-OCR's detector and recogniser in onnxruntime, with the models of its wheel."""

import logging
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serving.documents.ocr import orient, quads, skew
from serving.documents.ocr.blank import is_blank
from serving.documents.ocr.quads import Pixels, Quads
from serving.documents.ocr.types import Line, Seen

# The detector looks at a page of this size: generated pages are read as well as at 1600, in a third of its time.
_LONG_SIDE: Final = 960
_SHORT_SIDE: Final = 640  # at least, for receipts and banners
_MOST_PIXELS: Final = 3_000_000
_ENLARGED: Final = 2.0  # at most: small pictures
# Lines lower than this in the detector's picture are merged or missed: then it looks again at a larger one.
_LOW_LINE: Final = 14.0
_CLOSER: Final = 1.7
# Degrees: lines that lean more are merged and missed on small pictures, so the page is levelled and looked at again.
_LEVEL: Final = 1.0
_EDGE: Final = 24  # white pixels around: letters that touch the edge are missed
_LINE_HEIGHT: Final = 48  # of the recogniser's input
# Its input is made narrower, which takes less time, as far as there are so many letters to each of its steps: above
# 0.68 it loses some, in condensed type first. The first lines are read with one factor, the page with its own.
_NARROWER: Final = 0.8
_STEP: Final = 8  # pixels
_LETTERS_OF_STEP: Final = 0.6
_NARROWEST, _WIDEST = 0.7, 1.2
_LONGEST_LINE: Final = 3200  # pixels of input; memory grows with it
_LEAST_CONFIDENCE: Final = 0.5  # of a line: below it is a drawing, a stain, a line of another script
_PARAMETERS: Final = {
    "Global.log_level": "critical",
    "Global.max_side_len": 1_000_000,  # sizes are chosen here
    "Global.use_vertical_padding": False,
    # Workers are processes: more threads would fight for the same cores.
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    # Else much of the time goes into fresh memory pages: the detector takes half as long with it.
    "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
    "Det.limit_type": "min",
    "Det.limit_side_len": 32,
    # Lines one by one: no padding to the longest, and what a line needs stays in the processor's cache.
    "Rec.rec_batch_num": 1,
    "Rec.rec_img_shape": [3, _LINE_HEIGHT, 64],
}
# In tesseract's names: the alphabets of its recogniser, without Cyrillic, Korean, Arabic, Thai and Indian scripts.
_LANGUAGES: Final = frozenset((
    "afr", "cat", "ces", "chi_sim", "chi_tra", "cym", "dan", "deu", "ell", "eng", "est", "eus", "fao", "fin", "fra",
    "gle", "glg", "hrv", "hun", "ind", "isl", "ita", "jpn", "lat", "lav", "lit", "mlt", "msa", "nld", "nor", "oci",
    "pol", "por", "ron", "slk", "slv", "spa", "sqi", "swa", "swe", "tgl", "tur",
))  # fmt: skip


class Rapid:
    """Reads Latin, Greek, Chinese and Japanese script. Its models are loaded with the first page."""

    name = "rapidocr"
    languages = _LANGUAGES

    def read(self, image: Pixels) -> Seen:
        """See Ocr.read."""
        if is_blank(image):
            return Seen(lines=())
        picture = np.ascontiguousarray(image[..., ::-1])  # the models were trained on BGR
        found = self._detect(picture)
        if not len(found):
            return Seen(lines=())
        sampler = orient.Sampler(
            quads.sizes(found), lambda which, turn: self._recognise(picture, found[which], turn, _NARROWER)
        )
        degrees = sampler.degrees()
        height, width = image.shape[:2]
        upright = quads.turned(found, degrees, width, height)
        slope = quads.slope_degrees(upright)
        if slope is None:
            slope = skew.slope_degrees(image)
        narrower = _narrower(sampler.known(degrees), quads.sizes(upright))
        if abs(slope) < _LEVEL:
            texts = self._recognise(picture, found, degrees, narrower)
            return _seen(texts, quads.levelled(upright, slope), degrees, slope)
        level = quads.level(np.rot90(picture, -degrees // 90), slope)
        found = self._detect(level)
        return _seen(self._recognise(level, found, 0, narrower), found, degrees, slope)

    def _detect(self, picture: Pixels) -> Quads:
        scale = _scale(*picture.shape[:2])
        found = self._detect_at(picture, scale)
        if len(found) and scale < 1 and np.median(quads.sizes(found).min(axis=1)) * scale < _LOW_LINE:
            return self._detect_at(picture, min(1.0, scale * _CLOSER))
        return found

    def _detect_at(self, picture: Pixels, scale: float) -> Quads:
        import cv2

        height, width = picture.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        # Rounded up here to what the network takes, or it would stretch the picture to it.
        right, bottom = (-(side + 2 * _EDGE) % 32 + _EDGE for side in size)
        small = cv2.copyMakeBorder(small, _EDGE, bottom, _EDGE, right, cv2.BORDER_REPLICATE)
        found = self._engine(small, use_det=True, use_cls=False, use_rec=False).boxes
        if found is None:
            return np.empty((0, 4, 2), np.float32)
        return quads.ordered((np.asarray(found, np.float32) - _EDGE) / np.array([size[0] / width, size[1] / height]))

    def _recognise(self, picture: Pixels, found: Quads, degrees: int, narrower: float) -> Sequence[tuple[str, float]]:
        if not len(found):
            return []
        lines = [_as_input(quads.cut_out(picture, quad, degrees), narrower) for quad in found]
        seen = self._engine.recognize_txt(lines)
        return [(text, float(confidence)) for text, confidence in zip(seen.txts, seen.scores, strict=True)]

    @cached_property
    def _engine(self) -> Any:
        from rapidocr import RapidOCR

        engine = RapidOCR(params=_PARAMETERS)
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        return engine


def _seen(texts: Sequence[tuple[str, float]], places: Quads, degrees: int, slope: float) -> Seen:
    lines = [
        Line(text=text, box=box, confidence=confidence)
        for (text, confidence), box in zip(texts, quads.boxes(places), strict=True)
        if text.strip() and confidence >= _LEAST_CONFIDENCE
    ]
    return Seen(lines=lines, turned=degrees, skew_degrees=round(-slope, 1) + 0.0)


def _scale(height: int, width: int) -> float:
    long, short = max(height, width), min(height, width)
    wanted = max(_LONG_SIDE / long, _SHORT_SIDE / short)
    return min(wanted, _ENLARGED, math.sqrt(_MOST_PIXELS / (height * width)))


def _narrower(texts: Mapping[int, tuple[str, float]], sizes: npt.NDArray[np.float32]) -> float:
    """The factor of a page's lines, from those already read and their widths and heights."""
    letters = sum(len(text) for text, _ in texts.values())
    steps = sum(float(sizes[one, 0] / sizes[one, 1]) * _LINE_HEIGHT * _NARROWER / _STEP for one in texts)
    return min(_WIDEST, max(_NARROWEST, _NARROWER * letters / max(1.0, steps) / _LETTERS_OF_STEP))


def _as_input(line: Pixels, narrower: float) -> Pixels:
    import cv2

    height, width = line.shape[:2]
    wide = max(8, min(_LONGEST_LINE, round(width * _LINE_HEIGHT / height * narrower)))
    how = cv2.INTER_AREA if height > _LINE_HEIGHT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(line, (wide, _LINE_HEIGHT), interpolation=how), np.uint8)
