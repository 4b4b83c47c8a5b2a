"""What a scanner does to a page: skew, blur, noise, uneven light, specks, JPEG."""

import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from scripts.corpus.paper import HEIGHT, MARGIN, WIDTH
from scripts.corpus.texts import Leaf

CJK_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc", "ipag.ttf", "msgothic.ttc", "Hiragino Sans GB.ttc")


@dataclass(frozen=True, kw_only=True)
class Wear:
    """How bad a scan is; the ranges are drawn from for every page."""

    skew_degrees: float  # at most, either way
    blur: tuple[float, float]  # radius in pixels
    noise: tuple[float, float]  # standard deviation of grey values
    light: float  # how much darker one side is, of 255
    specks: int  # dust, at most
    quality: tuple[int, int]  # of JPEG


LIGHT = Wear(skew_degrees=0.7, blur=(0.2, 0.5), noise=(2, 6), light=8, specks=10, quality=(65, 90))
HEAVY = Wear(skew_degrees=2.0, blur=(0.6, 1.0), noise=(10, 20), light=50, specks=300, quality=(30, 50))


def scan(page: Image.Image, wear: Wear, rng: random.Random, turned: int = 0) -> Image.Image:
    """A grey picture of the page; turning it clockwise by `turned` puts it upright."""
    skew = rng.uniform(-wear.skew_degrees, wear.skew_degrees)
    page = page.rotate(skew, Image.Resampling.BICUBIC, fillcolor=255)
    page = page.filter(ImageFilter.GaussianBlur(rng.uniform(*wear.blur)))
    noise = np.random.default_rng(rng.getrandbits(63))
    values = np.asarray(page, np.float32) * rng.uniform(0.9, 0.97) + rng.uniform(5, 15)
    values -= np.linspace(0, rng.uniform(0, wear.light), values.shape[1], dtype=np.float32)
    values += noise.standard_normal(values.shape, np.float32) * rng.uniform(*wear.noise)
    for _ in range(rng.randint(0, wear.specks)):
        y, x, side = rng.randrange(values.shape[0]), rng.randrange(values.shape[1]), rng.randint(1, 3)
        values[y : y + side, x : x + side] = rng.choice((40, 90, 250))
    made = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    return made.rotate(turned, expand=True)  # Pillow turns counter-clockwise


def jpeg(picture: Image.Image, wear: Wear, rng: random.Random, dpi: int) -> bytes:
    """The picture as a scanner's file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=rng.randint(*wear.quality), dpi=(dpi, dpi))
    return out.getvalue()


def cjk_font(pixels: int) -> ImageFont.FreeTypeFont | None:
    """A font of this machine that has Japanese, if there is one."""
    return next(_fonts(CJK_FONTS, pixels), None)


def drawn(leaf: Leaf, font: ImageFont.FreeTypeFont, dpi: int) -> Image.Image:
    """A grey picture of a page of Japanese, which breaks anywhere."""
    page = Image.new("L", (round(WIDTH * dpi / 72), round(HEIGHT * dpi / 72)), 255)
    pen, pixels, margin = ImageDraw.Draw(page), font.size, MARGIN * dpi / 72
    width, y = int((page.width - 2 * margin) // pixels), margin
    for paragraph in leaf.paragraphs:
        for start in range(0, len(paragraph), width):
            pen.text((margin, y), paragraph[start : start + width], 0, font)
            y += pixels * 1.6
        y += pixels * 0.8
    if y > page.height - margin:
        raise ValueError(f"{len(leaf.text)} characters: more than a page holds")
    return page


def _fonts(names: Iterable[str], pixels: int) -> Iterator[ImageFont.FreeTypeFont]:
    for name in names:
        try:
            yield ImageFont.truetype(name, pixels)  # Pillow looks in the system's folders
        except OSError:
            continue
