"""Lines in any order become text in reading order; a text layer's garbage is told from languages."""

import random

import pytest

from serving.documents.ocr.garbage import is_garbage
from serving.documents.ocr.order import text_of
from serving.documents.ocr.types import Line

WORDS = (
    "They waited for the second",
    "parcel, which came too late",
    "and was opened by someone.",
    "Nobody wrote to them since.",
)
GERMAN = "Die zweite Lieferung kam beschädigt an, und niemand hat auf unsere Briefe geantwortet."
CZECH = "Čtvrtek byl smutný den, protože zboží přišlo rozbité a nikdo nám neodpověděl na třetí dopis."
JAPANESE = "この製品はとても使いやすく、毎日の仕事に役立っています。説明書は分かりやすく、例も豊富で満足しています。"


def line(x: float, y: float, text: str, width: float = 260) -> Line:
    return Line(text=text, box=(x, y, x + width, y + 20), confidence=0.9)


def mixed(*lines: Line) -> list[Line]:
    return random.Random(0).sample(lines, len(lines))


def column(x: float, y: float = 0) -> list[Line]:
    return [line(x, y + 30 * index, text) for index, text in enumerate(WORDS)]


def test_three_columns_under_and_over_lines_across() -> None:
    over, under = line(0, -60, "A line across all three columns.", 900), line(0, 200, "Another line across them.", 900)
    text = text_of(mixed(over, *column(0), *column(320), *column(640), under))
    prose = " ".join(WORDS)
    assert text.split("\n\n") == ["A line across all three columns.", prose, prose, prose, "Another line across them."]


def test_a_sentence_goes_on_in_the_next_column() -> None:
    left = [line(0, 30 * index, text) for index, text in enumerate((*WORDS, "They were not at all"))]
    right = [line(320, 30 * index, text) for index, text in enumerate(("happy about what they got.", *WORDS))]
    assert "not at all happy about" in text_of(mixed(*left, *right))


def test_paragraphs_and_short_lines_are_kept_apart() -> None:
    text = text_of([*column(0), *column(0, 180), line(0, 350, "Yours,", 60), line(0, 380, "Joseph Green", 120)])
    assert text.split("\n\n")[:2] == [" ".join(WORDS)] * 2
    assert text.endswith("Yours,\nJoseph Green")


def test_japanese_gets_no_spaces_where_a_line_was_broken_or_seen_in_two_parts() -> None:
    lines = [
        line(0, 0, "この製品はとても", 160),
        line(164, 0, "使いやすく、毎日", 160),
        line(0, 30, "の仕事に役立っています。", 240),
    ]
    assert text_of(mixed(*lines, line(0, 60, "部屋は清潔でした。", 180))).startswith(
        "この製品はとても使いやすく、毎日の仕事に"
    )


def test_a_page_without_lines_has_no_text() -> None:
    assert text_of([]) == text_of([line(0, 0, "  ")]) == ""


@pytest.mark.parametrize(
    "text", [GERMAN, CZECH, JAPANESE, " ".join(WORDS), "", "Total 4711", "12.50 13.70 1,250.00 " * 9]
)
def test_what_people_write_is_no_garbage(text: str) -> None:
    assert not is_garbage(text)


@pytest.mark.parametrize(
    "text",
    [
        "".join(c if c == " " else chr(ord(c) - 29) for c in " ".join(WORDS)),  # a font's own codes
        "\ufffd\ufffd\ufffd Text \ufffd",
        "\ue012\ue013 \ue014\ue015\ue016",  # private use
        JAPANESE.encode().decode("latin-1"),
        " ".join(" ".join(WORDS).replace(" ", "")),  # letters drawn one by one
    ],
)
def test_garbage_is_told(text: str) -> None:
    assert is_garbage(text)


def test_letters_that_their_font_does_not_name_are_garbage() -> None:
    assert is_garbage("Some text that looks fine.", unmapped=20)
