"""Pictures of pages, for models that look."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serving.documents.extract.pictures import pages, pictures
from serving.documents.extract.registry import Content, Context
from serving.documents.extract.tools import Tools
from serving.documents.limits import Limits
from serving.documents.plan import Plan
from serving.documents.types import DocumentError, Why

# Protected by a password that is not empty; made of nothing but its dictionary of encryption.
LOCKED = b"""%%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
4 0 obj<</Filter/Standard/V 1/R 2/P -4/O<%b>/U<%b>>>endobj
trailer<</Root 1 0 R/Size 5/Encrypt 4 0 R/ID[<00><00>]>>
%%%%EOF""" % (b"11" * 32, b"22" * 32)


def context(**limits: int) -> Context:
    return Context(plan=Plan(limits=Limits(**limits)), tools=Tools())


def painted(size: tuple[int, int], colour: str) -> Image.Image:
    """White on the right, of this colour on the left."""
    image = Image.new("RGB", size, "white")
    image.paste(Image.new("RGB", (size[0] // 2, size[1]), colour), (0, 0))
    return image


def saved(kind: str, *images: Image.Image, **options: object) -> bytes:
    held = io.BytesIO()
    more = {"save_all": True, "append_images": list(images[1:])} if len(images) > 1 else {}
    images[0].save(held, kind, **more, **options)
    return held.getvalue()


def content(kind: str, data: bytes) -> Content:
    return Content(id="it", kind=kind, held=data)


def test_pages_of_a_pdf_are_drawn_in_order_and_in_a_bounded_size(tmp_path: Path) -> None:
    data = saved("PDF", painted((1200, 1600), "red"), painted((600, 3000), "blue"))
    path = tmp_path / "two.pdf"
    path.write_bytes(data)
    first, second = pictures(content("pdf", data), context())
    assert first.shape == (683, 512, 3)
    assert second.shape[0] <= 2048
    assert first[300, 50].tolist() == pytest.approx([254, 0, 0], abs=6)
    assert second[300, 5].tolist() == pytest.approx([0, 0, 254], abs=6)
    for held, read in zip((first, second), pictures(Content(id="it", kind="pdf", path=path), context()), strict=True):
        assert np.array_equal(held, read)


def test_an_image_is_turned_as_its_exif_says_and_never_enlarged() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # shown turned by 90 degrees clockwise
    (large,) = pictures(content("image", saved("JPEG", painted((2000, 1000), "red"), exif=turned)), context())
    assert large.shape == (1024, 512, 3)
    assert large[100, 256].tolist() == pytest.approx([254, 0, 0], abs=6)  # the left is on top now
    (small,) = pictures(content("image", saved("PNG", painted((60, 40), "blue"))), context())
    assert small.shape == (40, 60, 3)


def test_pages_carry_their_picture_and_say_what_was_left_out() -> None:
    told = context(pages=2)
    found = pages(content("image", saved("TIFF", *(painted((60, 40), "red") for _ in range(3)))), told)
    assert [(page.number, page.text, page.method) for page in found] == [(1, "", "none"), (2, "", "none")]
    assert Image.open(io.BytesIO(found[1].picture)).size == (60, 40)
    assert told.notes == ["It has 3 pages; only the first 2 were read."]


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        ("txt", b"words", Why.UNSUPPORTED),
        ("pdf", b"%PDF-1.7 and nothing else", Why.BROKEN),
        ("pdf", LOCKED, Why.ENCRYPTED),
        ("image", b"GIF89a", Why.BROKEN),
        ("image", saved("PNG", painted((600, 400), "red"))[:300], Why.BROKEN),
        ("image", saved("PNG", painted((2000, 1000), "red")), Why.LIMIT),
    ],
)
def test_what_has_no_pictures_is_told(kind: str, data: bytes, why: Why) -> None:
    with pytest.raises(DocumentError) as raised:
        list(pictures(content(kind, data), context(image_pixels=1_000_000)))
    assert raised.value.why is why
    assert raised.value.sentence.endswith(".")
