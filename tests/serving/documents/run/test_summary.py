"""A run in figures and as a page."""

import re
from html.parser import HTMLParser
from pathlib import Path

from serving.documents.plan import Plan
from serving.documents.resume import Record
from serving.documents.summary import Extreme, Kind, in_words, summarise, write_page
from tests.serving.documents.run.scene import failed, row

EVIL = "<script>alert(1)</script>\"'&.txt"


def record(**more: object) -> Record:
    data = {"run": "r", "folder": "docs", "plan": Plan().as_json(), "seconds": 10.0, "finished": True}
    return Record(**{**data, **more})  # type: ignore[arg-type]


class Page(HTMLParser):
    """What a page would load or run, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asks: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asks += [str(value) for name, value in attrs if name in ("src", "href", "onload", "style")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_figures_are_those_of_the_rows() -> None:
    rows = [row("a.txt"), row("b.txt", label="negative", score=0.9), failed("c.pdf"), failed("d.pdf", "encrypted")]
    found = summarise((one.data for one in rows), record())
    assert (found.documents, found.ok, found.failed, found.pages, found.ocr_pages, found.turned_pages) == (
        4,
        2,
        2,
        2,
        2,
        2,
    )
    assert found.labels == {"positive": 1, "negative": 1}
    assert found.kinds == {"pdf": Kind(failed=2), "txt": Kind(ok=2, pages=2)}
    assert found.reasons == {"broken": 1, "encrypted": 1}
    assert found.extremes["negative"] == [Extreme(id="b.txt", score=0.9)]
    assert found.slowest_stage == "predict"
    assert found.documents_per_second == 0.4


def test_the_clearest_documents_are_kept_and_no_more() -> None:
    rows = (row(f"{n:03}.txt", score=n / 1_000).data for n in range(500))
    best = summarise(rows, record()).extremes["positive"]
    assert [one.id for one in best] == [f"{n:03}.txt" for n in range(499, 489, -1)]


def test_the_page_needs_nothing_else_and_runs_nothing(tmp_path: Path) -> None:
    rows = [row(EVIL), failed(EVIL, "broken", EVIL)]
    write_page(summarise((one.data for one in rows), record(folder=EVIL, skipped={EVIL: 3})), tmp_path / "s.html")
    text = (tmp_path / "s.html").read_text()
    page = Page(text)
    assert "script" not in page.tags
    assert page.asks == []
    assert not re.search(r"https?://|url\(|@import", text)
    assert page.words.count(EVIL) >= 4
    assert "default-src 'none'" in text


def test_the_page_shows_what_matters(tmp_path: Path) -> None:
    rows = [*(row(f"{n}.txt").data for n in range(1_234)), failed("c.pdf", "encrypted", "It is encrypted.").data]
    write_page(summarise(rows, record(skipped={".png": 7})), tmp_path / "s.html")
    words = " ".join(Page((tmp_path / "s.html").read_text()).words.split())
    for said in ("1,235 documents", "1,234", "encrypted", "c.pdf", "It is encrypted.", "7 x .png", "123.50"):
        assert said in words
    assert "Prediction takes most of the time" in words


def test_a_run_without_documents_has_a_page_too(tmp_path: Path) -> None:
    nothing = summarise([], record(seconds=0.0, finished=False))
    write_page(nothing, tmp_path / "s.html")
    assert "The run is not finished." in (tmp_path / "s.html").read_text()
    assert in_words(nothing) == ["0 documents, 0 with a result, 0 failed"]


def test_embeddings_have_no_labels() -> None:
    one = row("a.txt", embedding=[0.1]).data
    for name in ("label", "score", "scores"):
        del one[name]
    found = summarise([one], record())
    assert (found.ok, found.labels, found.extremes) == (1, {}, {})
