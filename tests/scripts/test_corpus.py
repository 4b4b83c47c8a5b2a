"""The generated corpus says the truth about its files, and what measures against it measures right."""

import filecmp
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.documents_compare import Account, Difference
from scripts.bench.documents_score import Errors, edit_distance, normalised, rotations
from scripts.corpus import DOCUMENTS, MAKES, SHARES, Corpus, PageTruth, Truth, build, read_truth
from scripts.corpus.mix import orders

EVERY = tuple(make for make in MAKES if make != "japanese-scan")  # that one needs a font of the machine


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of each make, from templates."""
    folder = tmp_path_factory.mktemp("corpus") / "two-of-each"
    list(build(Corpus(documents=2 * len(EVERY), only=EVERY, texts="templates", seed=3), folder, folder, workers=1))
    return folder


def of_make(corpus: Path, *makes: str) -> list[tuple[Truth, Path]]:
    found = [(truth, corpus / DOCUMENTS / truth.id) for truth in read_truth(corpus) if truth.make in makes]
    assert {truth.make for truth, _ in found} == set(makes)
    return found


def layers(path: Path) -> list[str]:
    """Text of each page as pdfium finds it."""
    document = pdfium.PdfDocument(path)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return texts


def test_every_file_is_known_and_every_known_file_is_there(corpus: Path) -> None:
    files = {path.relative_to(corpus / DOCUMENTS).as_posix() for path in (corpus / DOCUMENTS).rglob("*.*")}
    truths = list(read_truth(corpus))
    assert {truth.id.partition("!/")[0] for truth in truths} == files
    assert len({truth.id for truth in truths}) == len(truths)
    assert Counter(name.partition("-")[2].partition(".")[0] for name in files) == dict.fromkeys(EVERY, 2)


def test_equal_seeds_give_equal_files_whatever_the_processes(tmp_path: Path) -> None:
    """The second by the command line in two processes, each with some of the 30 files."""
    first, second, other = tmp_path / "first", tmp_path / "second", tmp_path / "other"
    list(build(Corpus(documents=30, texts="templates", only=EVERY), first, tmp_path, workers=1))
    words = ["--documents", "30", "--texts", "templates", "--workers", "2", "--only", *EVERY]
    done = subprocess.run([sys.executable, "-m", "scripts.corpus", second, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "| all | 3" in done.stdout
    list(build(Corpus(documents=30, texts="templates", only=EVERY, seed=1), other, tmp_path, workers=1))
    names = sorted(path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file())
    assert filecmp.cmpfiles(first, second, names, shallow=False) == (names, [], [])
    assert (first / "truth.jsonl").read_text() != (other / "truth.jsonl").read_text()


def test_texts_hold_what_the_truth_says_in_its_encoding(corpus: Path) -> None:
    for truth, path in of_make(corpus, "text", "japanese"):
        text = path.read_bytes().decode(truth.encoding or "utf-8").replace("\r\n", "\n")
        assert truth.text == text or path.suffix == ".html"


def test_text_layers_hold_what_the_truth_says_in_reading_order(corpus: Path) -> None:
    for truth, path in of_make(corpus, "pdf", "columns"):
        assert [normalised(text) for text in layers(path)] == [normalised(page.text) for page in truth.pages]


def test_word_documents_hold_what_the_truth_says(corpus: Path) -> None:
    import docx

    for truth, path in of_make(corpus, "word"):
        document = docx.Document(str(path))
        written = [paragraph.text for paragraph in document.paragraphs]
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        assert sorted(written + cells) == sorted(truth.text.split("\n\n"))


def test_only_scanned_pages_have_no_good_text_layer(corpus: Path) -> None:
    for truth, path in of_make(corpus, "scan", "noisy", "turned", "mixed", "garbled"):
        for text, page in zip(layers(path), truth.pages, strict=True):
            assert (normalised(text) == normalised(page.text)) == (page.by == "text-layer")
            assert bool(text.strip()) == (page.by == "text-layer" or truth.make == "garbled")


def test_turned_pages_lie_as_the_truth_says(corpus: Path) -> None:
    """Turned by a quarter they are wider than high; turned back, the text is in the upper half."""
    for truth, path in of_make(corpus, "turned"):
        document = pdfium.PdfDocument(path)
        for page, known in zip(document, truth.pages, strict=True):
            assert (page.get_width() > page.get_height()) == (known.turned in (90, 270))
            upright = page.render(grayscale=True).to_pil().rotate(-known.turned, expand=True)
            dark = upright.point(lambda value: 255 if value < 100 else 0)
            half = dark.height // 2
            top, bottom = (dark.crop((0, y, dark.width, y + half)).histogram()[255] for y in (0, half))
            assert top > 5 * bottom
        document.close()


def test_a_large_corpus_has_the_stated_mix() -> None:
    assert Counter(order.make for order in orders(10_000, 0)) == SHARES
    assert sum(1 for _ in orders(37, 0)) == 37


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(SystemExit, match="holds other files"):
        list(build(Corpus(documents=1, texts="templates"), tmp_path, tmp_path))
    assert (tmp_path / "letter.txt").read_text() == "mine"


@given(st.text("abcd", max_size=12), st.text("abcd", max_size=12))
def test_edit_distance_is_that_of_the_table(first: str, second: str) -> None:
    above = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        row = [i]
        for j, two in enumerate(second, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (one != two)))
        above = row
    assert edit_distance(first, second) == above[-1]


def test_edit_distance_of_a_long_text() -> None:
    rng = random.Random(1)
    text = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz ", k=20_000))
    assert edit_distance(text, "xx" + text[:5_000] + text[5_001:] + "y") == 4


def truth(name: str, text: str = "abcd", turned: int = 0) -> Truth:
    return Truth(id=name, make="scan", kind="pdf", pages=(PageTruth(text=text, by="ocr", turned=turned),))


def test_a_document_that_failed_counts_as_all_wrong() -> None:
    errors = Errors()
    errors.add(truth("a"), "ab  cd")
    errors.add(truth("b"), None)
    assert (errors.documents, errors.failed, errors.wrong, errors.written) == (2, 1, 5, 8)
    assert errors.worst_id == "b"


def test_a_page_that_is_not_in_the_rows_was_not_put_right() -> None:
    rows = {"a": {"page_results": [{"page": 1, "turned": 90}]}, "b": {"page_results": [{"page": 1, "turned": 270}]}}
    shares = rotations([truth("a", turned=90), truth("b", turned=90), truth("c", turned=180)], rows)
    assert (shares["turned"].right, shares["turned"].of, shares["upright"].of) == (1, 3, 0)


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ok(name: str, score: float = 0.9) -> dict[str, Any]:
    return {"id": name, "status": "ok", "label": "positive", "text": ["x"], "scores": {"positive": score}}


def test_an_account_names_what_is_lost_twice_or_unknown(tmp_path: Path) -> None:
    failed = {"id": "c", "status": "failed", "reason": "empty"}
    account = Account.of(["a", "b", "c"], written(tmp_path / "r.jsonl", ok("a"), ok("a"), failed, ok("x")))
    assert (account.lost, account.twice, account.unknown, account.failed) == (["b"], ["a"], ["x"], ["c"])
    assert not account.is_whole
    assert Account.of(["a"], written(tmp_path / "s.jsonl", ok("a"))).is_whole


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"scores": {"positive": 0.90009}}, True),
        ({"scores": {"positive": 0.9002}}, False),
        ({"label": "neutral"}, False),
        ({"text": ["y"]}, False),
        ({"id": "b"}, False),
        ({"page_results": [{"page": 1, "score": 0.5}]}, False),
    ],
)
def test_results_are_the_same_within_the_stated_distance(tmp_path: Path, change: dict[str, Any], same: bool) -> None:
    one, two = written(tmp_path / "1.jsonl", ok("a")), written(tmp_path / "2.jsonl", {**ok("a"), **change})
    assert Difference.between(one, two).holds() == same
