"""The README's picture of the report shows the page that the command line writes today."""

from pathlib import Path

from scripts.docs.picture import PICTURE, digest, marked, written


def test_the_picture_shows_the_page_as_it_is_written_now(tmp_path: Path) -> None:
    assert marked() == digest(written(tmp_path)), "out of date; run python -m scripts.docs.picture"


def test_the_picture_is_small() -> None:
    assert 10_000 < PICTURE.stat().st_size < 120_000
