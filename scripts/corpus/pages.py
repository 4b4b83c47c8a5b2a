"""PDF files and pictures of pages, born digital and scanned."""

import io
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image

from scripts.corpus import mix
from scripts.corpus.paper import FONTS, Paper, Style, printed
from scripts.corpus.registry import Desk, Made, maker
from scripts.corpus.scans import HEAVY, LIGHT, Wear, cjk_font, drawn, jpeg, scan
from scripts.corpus.texts import Leaf, Story, japanese
from scripts.corpus.truth import PageTruth

DPI: Final = (150, 150, 200)
TURNS: Final = (90, 180, 270)


@maker("pdf")
def pdf(desk: Desk) -> Made:
    """Born digital, 1 to 50 pages."""
    return _digital(desk, _story(desk, mix.PDF_PAGES, 600, 1800), _style(desk.rng))


@maker("columns")
def columns(desk: Desk) -> Made:
    """Born digital, two columns, both with text in them."""
    story = _story(desk, ((1, 1, 3), (2, 4, 1)), 3400, 4200)
    return _digital(desk, story, Style(font=desk.rng.choice(FONTS[:2]), size=10, columns=2))


@maker("sideways")
def sideways(desk: Desk) -> Made:
    """Born digital, the text runs up, down or upside down."""
    return _digital(desk, _story(desk, ((1, 2, 1),), 600, 1800), _style(desk.rng), TURNS)


@maker("scan")
def scanned(desk: Desk) -> Made:
    """Pictures of pages, good copies."""
    return _pictures(desk, LIGHT)


@maker("noisy")
def noisy(desk: Desk) -> Made:
    """Pictures of pages, bad copies."""
    return _pictures(desk, HEAVY)


@maker("turned")
def turned(desk: Desk) -> Made:
    """Good copies, none of which lies the right way up."""
    return _pictures(desk, LIGHT, TURNS)


@maker("mixed")
def mixed(desk: Desk) -> Made:
    """Born digital with one or two scanned pages between."""
    story = _story(desk, ((2, 4, 4), (5, 8, 1)), 600, 1800)
    chosen = desk.rng.sample(range(len(story.leaves)), desk.rng.choice((1, 1, 1, 2)))
    paper, style, dpi, pages = Paper(), _style(desk.rng), desk.rng.choice(DPI), []
    for number, leaf in enumerate(story.leaves):
        if number in chosen:
            paper.add_picture(_page(leaf, style, LIGHT, desk.rng, dpi), dpi)
        else:
            paper.add_text(leaf, style)
        pages.append(PageTruth(text=leaf.text, by="ocr" if number in chosen else "text-layer"))
    truth = desk.truth("pdf", "pdf", pages, story.label)
    return Made(extension="pdf", data=paper.save(), truths=(truth,))


@maker("garbled")
def garbled(desk: Desk) -> Made:
    """A good copy under a text layer of nonsense, as a scanner's bad OCR or a lost font table leaves it."""
    story = _story(desk, ((1, 1, 1),), 500, 1200)
    style, dpi, paper = _style(desk.rng), desk.rng.choice(DPI), Paper()
    for leaf in story.leaves:
        signs = "".join(desk.rng.choices("§¤¦~^°¬|{}\\<>*+=#@%&¶¿ÐÞ¥·  ", k=len(leaf.text)))
        hidden = "\n".join(signs[i : i + 80] for i in range(0, len(signs), 80))
        paper.add_picture(_page(leaf, style, LIGHT, desk.rng, dpi), dpi, hidden)
    truth = desk.truth("pdf", "pdf", _ocr(story.leaves), story.label)
    return Made(extension="pdf", data=paper.save(), truths=(truth,))


@maker("image")
def image(desk: Desk) -> Made:
    """PNG, JPEG or a TIFF of one to three pages."""
    extension, dpi, style = desk.rng.choice(("png", "jpg", "tif")), desk.rng.choice(DPI), _style(desk.rng)
    story = _story(desk, ((1, 1, 2), (2, 3, 1)) if extension == "tif" else ((1, 1, 1),), 600, 1800)
    pages = [scan(page, LIGHT, desk.rng) for page in printed(story.leaves, style, dpi)]
    out = io.BytesIO()
    if extension == "tif":
        pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=(dpi, dpi))
    else:
        pages[0].save(out, "PNG" if extension == "png" else "JPEG", dpi=(dpi, dpi))
    truth = desk.truth(extension, "image", _ocr(story.leaves), story.label)
    return Made(extension=extension, data=out.getvalue(), truths=(truth,))


@maker("japanese-scan")
def japanese_scan(desk: Desk) -> Made:
    """A good copy of a page of Japanese. Raises SystemExit where the machine has no font for it."""
    font = cjk_font(30)
    if font is None:
        raise SystemExit(
            "japanese-scan: no CJK font found; install one (apt-get install fonts-noto-cjk) or leave it out"
        )
    leaf = japanese(desk.rng, [desk.rng.randint(150, 400)]).leaves[0]
    paper = Paper()
    paper.add_picture(jpeg(scan(drawn(leaf, font, 200), LIGHT, desk.rng), LIGHT, desk.rng, 200), 200)
    truth = desk.truth("pdf", "pdf", _ocr((leaf,)), "", language="ja")
    return Made(extension="pdf", data=paper.save(), truths=(truth,))


def _story(desk: Desk, ranges: Sequence[tuple[int, int, int]], shortest: int, longest: int) -> Story:
    count = mix.pages(desk.rng, ranges)
    return desk.story(*(desk.rng.randint(shortest, longest) for _ in range(count)))


def _style(rng: random.Random) -> Style:
    return Style(font=rng.choice(FONTS), size=rng.choice((10.5, 11, 12)))


def _digital(desk: Desk, story: Story, style: Style, turns: Sequence[int] = (0,)) -> Made:
    paper, pages = Paper(), []
    for leaf in story.leaves:
        turn = desk.rng.choice(turns)
        paper.add_text(leaf, style, turn)
        pages.append(PageTruth(text=leaf.text, by="text-layer", turned=turn))
    truth = desk.truth("pdf", "pdf", pages, story.label)
    return Made(extension="pdf", data=paper.save(), truths=(truth,))


def _pictures(desk: Desk, wear: Wear, turns: Sequence[int] = (0,)) -> Made:
    story = _story(desk, mix.SCAN_PAGES, 600, 1800)
    style, dpi, paper, pages = _style(desk.rng), desk.rng.choice(DPI), Paper(), []
    for leaf in story.leaves:
        turn = desk.rng.choice(turns)
        paper.add_picture(_page(leaf, style, wear, desk.rng, dpi, turn), dpi)
        pages.append(PageTruth(text=leaf.text, by="ocr", turned=turn))
    truth = desk.truth("pdf", "pdf", pages, story.label)
    return Made(extension="pdf", data=paper.save(), truths=(truth,))


def _page(leaf: Leaf, style: Style, wear: Wear, rng: random.Random, dpi: int, turn: int = 0) -> bytes:
    picture: Image.Image = scan(printed([leaf], style, dpi)[0], wear, rng, turn)
    return jpeg(picture, wear, rng, dpi)


def _ocr(leaves: Sequence[Leaf]) -> list[PageTruth]:
    return [PageTruth(text=leaf.text, by="ocr") for leaf in leaves]
