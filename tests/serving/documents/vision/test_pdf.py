"""PDF pages by their text layer, and by OCR where that is no good."""

from collections.abc import Callable

import pytest

from serving.documents.types import DocumentError, Why
from tests.serving.documents.vision.papers import LYING, OVER, RISING, Reads, context, paper, pdf, read_pdf, written

LEFT = (
    "The heating did not work in",
    "any of the rooms that we saw,",
    "and nobody came to repair it",
    "before we left the house.",
)
RIGHT = (
    "A second letter was answered",
    "after three weeks by someone",
    "who had not read it, and who",
    "offered nothing at all.",
)


def test_columns_are_read_one_after_the_other_although_the_file_holds_them_line_by_line() -> None:
    heading = (50, 800, "A heading that runs across both of the columns of this page, to the right edge")
    lines = [
        (50 + 270 * side, 770 - 14 * row, text[row]) for row in range(4) for side, text in enumerate((LEFT, RIGHT))
    ]
    (page,) = read_pdf(pdf(written([heading, *lines])))
    assert page.method == "text-layer"
    assert page.text.split("\n\n")[1:] == [" ".join(LEFT), " ".join(RIGHT)]


def test_a_table_is_read_by_rows() -> None:
    cells = [(50 + 130 * c, 700 - 14 * r, f"{r}{c}7.50") for r in range(5) for c in range(4)]
    (page,) = read_pdf(pdf(written(cells)))
    assert page.text.splitlines() == [" ".join(f"{r}{c}7.50" for c in range(4)) for r in range(5)]


def test_divided_words_are_put_together() -> None:
    (page,) = read_pdf(
        pdf(written([(50, 700, "We were disap-"), (50, 686, "pointed by the ser-"), (50, 672, "vice.")]))
    )
    assert page.text.replace("\xad", "") == "We were disappointed by the service."


@pytest.mark.parametrize(
    ("way", "place", "more", "turned"),
    [
        (LYING, 0, "", 0),
        (RISING, 1, "", 90),
        (RISING, 1, "/Rotate 90", 0),
        (OVER, 2, "", 180),
        (LYING, 0, "/Rotate 270", 90),
    ],
)
def test_turned_text_is_read_and_said(way: str, place: int, more: str, turned: int) -> None:
    places = [((50, 700 - 14 * row), (100 + 14 * row, 100), (500, 100 + 14 * row))[place] for row in range(4)]
    (page,) = read_pdf(pdf(written([(*at, text) for at, text in zip(places, LEFT, strict=True)], way), more=more))
    assert (page.method, page.turned, page.text) == ("text-layer", turned, " ".join(LEFT))


def test_each_page_of_a_mixed_document_is_read_in_its_own_way() -> None:
    picture = paper().convert("L")
    scan = b"q 595 0 0 400 0 300 cm /I Do Q"
    full = b"q 595 0 0 842 0 0 cm /I Do Q "
    shifted = "".join(c if c == " " else chr(ord(c) - 29) for c in " ".join(LEFT) if c not in ",.").replace("\\", "")
    contents = [
        written([(50, 700, "A good text layer.")]),
        scan,
        full + written([(50, 20, "Scanned by Office 7")]),
        written([(50, 700, shifted)]),
        b"",
    ]
    pages = read_pdf(pdf(*contents, picture=(*picture.size, picture.tobytes())))
    assert [page.method for page in pages] == ["text-layer", "ocr", "ocr", "ocr", "none"]
    assert [page.text for page in pages] == ["A good text layer.", *["Seen by OCR."] * 3, ""]
    assert (pages[1].turned, pages[1].confidence) == (90, 0.75)


def test_pages_are_drawn_at_200_dpi_and_giant_ones_within_the_limit() -> None:
    line = b"0 0 m 100 100 l S"
    for box, most in (
        ("0 0 595 842", (2340, 1654)),
        ("0 0 1000000000 1000000000", (1001, 1001)),
        ("0 0 90000 1", (4, 12001)),
    ):
        engine = Reads()
        read_pdf(pdf(line, box=box), context(engine, image_pixels=10_000_000 if "595" in box else 1_000_000))
        ((height, width, channels),) = engine.shapes
        assert channels == 3
        assert 0.95 * most[0] - 4 <= height <= most[0]
        assert 0.95 * most[1] <= width <= most[1]


def test_without_ocr_text_is_still_read_and_the_rest_is_noted() -> None:
    within = context(None)
    pages = read_pdf(pdf(written([(50, 700, "Some text.")]), b"0 0 m 9 9 l S"), within)
    assert [(page.method, page.text) for page in pages] == [("text-layer", "Some text."), ("none", "")]
    assert "OCR is switched off" in within.notes[0]


ENCRYPTED = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00><00>] >>" % (
    b"41" * 32,
    b"42" * 32,
)
# What takes long to make is made when its test runs: every process of a test run collects this file.
BAD: dict[str, tuple[bytes | Callable[[], bytes], Why]] = {
    "not a PDF at all": (b"%PDF-1.4 nothing else", Why.BROKEN),
    "cut off": (pdf(written([(50, 700, "Text.")]))[:300], Why.BROKEN),
    "a tree of pages that is its own child": (
        b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
        b"2 0 obj << /Type /Pages /Kids [2 0 R] /Count 1 >> endobj\ntrailer << /Root 1 0 R >>",
        Why.BROKEN,
    ),
    "encrypted": (pdf(b"").replace(b"/Root 1 0 R >>", b"/Root 1 0 R " + ENCRYPTED), Why.ENCRYPTED),
    "ten thousand pages": (lambda: pdf(*[b""] * 10_000), Why.LIMIT),
    "a picture of 1.6 gigapixels": (
        lambda: pdf(b"q 500 0 0 500 0 0 cm /I Do Q", picture=(40_000, 40_000, b"\0" * 9)),
        Why.LIMIT,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_say_why(name: str) -> None:
    data, why = BAD[name]
    with pytest.raises(DocumentError) as caught:
        read_pdf(data() if callable(data) else data)
    assert caught.value.why == why
    assert caught.value.sentence.endswith(".")


def test_more_text_than_allowed_is_a_limit() -> None:
    with pytest.raises(DocumentError) as caught:
        read_pdf(pdf(written([(50, 700, "Some text that is long.")])), context(None, characters=10))
    assert caught.value.why == Why.LIMIT
