"""Images of every kind reach the OCR engine as a viewer shows them; bad ones say why."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from serving.documents.ocr.types import Seen
from serving.documents.types import DocumentError, Why
from tests.serving.documents.vision.papers import Reads, context, paper, read_image, stored


class Keeps(Reads):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[npt.NDArray[np.uint8]] = []

    def read(self, image: npt.NDArray[np.uint8]) -> Seen:
        self.pictures.append(image)
        return super().read(image)


SHEET = paper().convert("RGB")
EXIF = Image.Exif()
EXIF[0x0112] = 8


def ink(level: int) -> Image.Image:
    """The sheet's letters of one grey level, on nothing."""
    return Image.merge("RGBA", [*[Image.new("L", SHEET.size, level)] * 3, SHEET.convert("L").point(lambda v: 255 - v)])


def deep() -> Image.Image:
    """12 bits in 16."""
    return Image.fromarray(np.asarray(SHEET.convert("L")).astype(np.uint16) * 16)


# Made when a test runs: every process of a test run collects this file.
FORMS: dict[str, Callable[[], bytes]] = {
    "png": lambda: stored(SHEET, "PNG"),
    "jpeg": lambda: stored(SHEET, "JPEG", quality=95),
    "jpeg turned by its Exif": lambda: stored(SHEET.rotate(-90, expand=True), "JPEG", quality=95, exif=EXIF),
    "jpeg in CMYK": lambda: stored(SHEET.convert("CMYK"), "JPEG", quality=95),
    "bmp": lambda: stored(SHEET, "BMP"),
    "gif": lambda: stored(SHEET, "GIF"),
    "webp": lambda: stored(SHEET, "WEBP", lossless=True),
    "tiff of one bit": lambda: stored(SHEET.convert("1"), "TIFF", compression="group4"),
    "png of 16 bits": lambda: stored(deep(), "PNG"),
    "png with a palette": lambda: stored(SHEET.convert("P"), "PNG"),
    "black on nothing": lambda: stored(ink(0), "PNG"),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_picture_looks_the_same(name: str) -> None:
    engine = Keeps()
    (page,) = read_image(FORMS[name](), context(engine))
    (picture,) = engine.pictures
    assert (page.method, page.text, picture.dtype) == ("ocr", "Seen by OCR.", np.uint8)
    assert np.abs(picture.astype(float) - np.asarray(SHEET, float)).mean() < 4


def test_white_letters_on_nothing_are_seen() -> None:
    engine = Keeps()
    read_image(stored(ink(255), "PNG"), context(engine))
    assert np.abs(255 - engine.pictures[0].astype(float) - np.asarray(SHEET, float)).mean() < 4


def test_a_tiff_has_a_page_per_frame_and_a_film_only_its_first() -> None:
    frames = {"save_all": True, "append_images": [paper(["Two."]), paper(["Three."])]}
    within = context(Reads())
    assert [page.number for page in read_image(stored(paper(["One."]), "TIFF", **frames), within)] == [1, 2, 3]
    assert not within.notes
    assert len(read_image(stored(paper(["One."]), "GIF", **frames), within)) == 1
    assert within.notes == ["Only the first of its 3 frames was read."]


def test_a_large_photo_is_made_smaller() -> None:
    engine = Reads()
    read_image(stored(Image.new("L", (9000, 7000), 128), "JPEG"), context(engine))
    ((height, width, _),) = engine.shapes
    assert 15_000_000 < height * width <= 16_000_000
    assert abs(width / height - 9 / 7) < 0.01


BAD: dict[str, tuple[Callable[[], bytes], Why]] = {
    "no image": (lambda: b"hello", Why.BROKEN),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", Why.BROKEN),
    "cut off": (lambda: FORMS["jpeg"]()[:2000], Why.BROKEN),
    "a bomb": (lambda: stored(Image.new("1", (30_000, 30_000)), "PNG"), Why.LIMIT),
    "just over the limit": (lambda: stored(Image.new("1", (10_100, 10_000)), "PNG"), Why.LIMIT),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_images_say_why(name: str) -> None:
    data, why = BAD[name]
    with pytest.raises(DocumentError) as caught:
        read_image(data(), context(Reads()))
    assert caught.value.why == why


def test_too_many_frames_and_switched_off_ocr_say_why() -> None:
    frames = stored(paper(["One."]), "TIFF", save_all=True, append_images=[paper(["Two."])])
    with pytest.raises(DocumentError) as caught:
        read_image(frames, context(Reads(), pages=1))
    assert caught.value.why == Why.LIMIT
    with pytest.raises(DocumentError) as caught:
        read_image(frames, context(None))
    assert caught.value.why == Why.NO_TEXT
