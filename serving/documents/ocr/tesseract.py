"""tesseract, where it is installed: a process per page, its words as a table on its output."""

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from serving.documents.ocr import skew
from serving.documents.ocr.blank import is_blank
from serving.documents.ocr.join import joined
from serving.documents.ocr.quads import Pixels
from serving.documents.ocr.types import Line, Seen
from serving.documents.types import DocumentError, Why

if TYPE_CHECKING:
    from PIL import Image

_SECONDS: Final = 120.0  # of one pass over a page; quiet pages take 1 to 5
_SURE: Final = 0.8  # mean confidence of a page that is the right way up; upside down it is 0.45 to 0.6
_ENOUGH: Final = 12  # letters read before that mean says anything
_LEAST: Final = 0.3  # confidence of a word: below it is a drawing or a stain
_AUTOMATIC: Final = "3"  # --psm: columns and all, without its own guess of the way up, which wants much text
_SKEW: Final = 0.3  # degrees: less is read as well without


class Tesseract:
    """Reads the languages whose data are installed; the way up is that in which it is surest."""

    name = "tesseract"

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = tuple(languages) or ("eng",)

    @staticmethod
    def installed() -> bool:
        """Whether there is such a program."""
        return shutil.which("tesseract") is not None

    def read(self, image: Pixels) -> Seen:
        """See Ocr.read."""
        from PIL import Image, ImageFilter

        if is_blank(image):
            return Seen(lines=())
        slope = skew.slope_degrees(image)
        level = Image.fromarray(image)
        if abs(slope) >= _SKEW:
            level = level.rotate(slope, Image.Resampling.BICUBIC, expand=True, fillcolor=skew.paper(image))
        degrees, lines = self._best(level)
        if not lines:
            # A scanner's grain around a few lines hides them from its layout analysis.
            degrees, lines = self._best(level.filter(ImageFilter.MedianFilter(3)))
        return Seen(lines=lines, turned=degrees, skew_degrees=round(-slope, 1) + 0.0 if lines else 0.0)

    def _best(self, level: "Image.Image") -> tuple[int, Sequence[Line]]:
        """The way up in which the surest lines are read, and those lines."""
        best: tuple[float, int, Sequence[Line]] = (0.0, 0, ())
        # Lines that lie are the rule; the two ways in which they stand come last, but where lines were seen standing.
        ways = [0, 180, 90, 270]
        while ways and best[0] < _SURE:
            degrees = ways.pop(0)
            lines = self._lines(np.asarray(level.rotate(-degrees, expand=True)))
            letters = sum(len(line.text) for line in lines)
            standing = sum(len(line.text) for line in lines if line.box[3] - line.box[1] > line.box[2] - line.box[0])
            if 2 * standing > letters >= _ENOUGH:
                ways = [way for way in ways if way % 180 != degrees % 180]
                continue
            score = sum(line.confidence * len(line.text) for line in lines) / max(letters, _ENOUGH)
            best = max(best, (score, degrees, lines), key=lambda one: one[0])
        return best[1], best[2]

    def _lines(self, image: Pixels) -> list[Line]:
        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG", compress_level=1)
        words = [(_line_of(word), word) for word in _words(self._run(file.getvalue()))]
        return [_line([word for _, word in group]) for _, group in groupby(words, key=lambda one: one[0])]

    def _run(self, picture: bytes) -> str:
        command = [self._program, "-", "-", "-l", "+".join(self._languages), "--psm", _AUTOMATIC, "tsv"]
        # Workers are processes: more threads would fight for the same cores.
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        try:
            done = subprocess.run(  # noqa: S603  # a fixed program; the picture goes to its input
                command, input=picture, capture_output=True, env=environment, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise DocumentError(Why.TIMEOUT, f"tesseract took more than {_SECONDS:.0f} seconds for a page.") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"]
            raise DocumentError(Why.BROKEN, f"tesseract did not read a page: {said[-1]}.")
        return done.stdout.decode(errors="replace")

    @cached_property
    def _program(self) -> str:
        """Its path; raises DocumentError where it or the data of a language is missing."""
        program = shutil.which("tesseract")
        if program is None:
            raise DocumentError(Why.MISSING_TOOL, "tesseract is not installed: install it, or rapidocr.")
        command = [program, "--list-langs"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
        missing = sorted(set(self._languages) - set(listed.stdout.split()))
        if missing:
            packages = " ".join(f"tesseract-ocr-{one.replace('_', '-')}" for one in missing)
            sentence = f"tesseract has no data for {', '.join(missing)}: install it (Debian: {packages})."
            raise DocumentError(Why.MISSING_TOOL, sentence)
        return program


def _words(table: str) -> Iterator[dict[str, str]]:
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == "5" and (row["text"] or "").strip() and float(row["conf"]) >= _LEAST * 100:
            yield row


def _line_of(word: dict[str, str]) -> tuple[str, str, str]:
    return word["block_num"], word["par_num"], word["line_num"]


def _line(words: Sequence[dict[str, str]]) -> Line:
    text = ""
    for word in words:
        text = joined(text, word["text"].strip())
    lefts, tops = [float(word["left"]) for word in words], [float(word["top"]) for word in words]
    rights = [left + float(word["width"]) for left, word in zip(lefts, words, strict=True)]
    bottoms = [top + float(word["height"]) for top, word in zip(tops, words, strict=True)]
    letters = sum(len(word["text"]) for word in words)
    confidence = sum(float(word["conf"]) * len(word["text"]) for word in words) / letters / 100
    return Line(text=text, box=(min(lefts), min(tops), max(rights), max(bottoms)), confidence=confidence)
