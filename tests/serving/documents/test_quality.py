"""A small generated corpus through the whole pipeline: what is written in it is found, and judged as its clean text.

The figures over large corpora are made by scripts/bench/documents.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.bench.documents_score import GROUPS, Errors, agreement, rotations, text_of
from scripts.corpus import DOCUMENTS, Corpus, Truth, build, read_truth
from serving.archive import STORE
from serving.documents.discover import discover
from serving.documents.pipeline import Pipeline
from serving.documents.plan import Plan
from serving.documents.types import KINDS

WRITTEN = ("text", "word", "html", "markdown", "email", "archive", "japanese", "pdf", "columns", "sideways")
PICTURES = ("turned", "mixed", "garbled", "noisy")
Rows = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The default plan, with the text in the rows."""
    return Pipeline(Plan(keep_text=True), STORE / "documents")


def judged(pipeline: Pipeline, folder: Path) -> Rows:
    """All rows by id; none may come twice."""
    rows = [row.data for _, found in pipeline.run(list(discover(folder, KINDS, str))) for row in found]
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each make but scans that are like another's."""
    folder = tmp_path_factory.mktemp("corpus") / "one-of-each"
    makes = (*WRITTEN, *PICTURES)
    list(build(Corpus(documents=len(makes), only=makes, texts="templates", seed=6), folder, folder, workers=1))
    return folder


@pytest.fixture(scope="module")
def truths(corpus: Path) -> list[Truth]:
    return list(read_truth(corpus))


@pytest.fixture(scope="module")
def rows(corpus: Path, pipeline: Pipeline) -> Rows:
    return judged(pipeline, corpus / DOCUMENTS)


@pytest.fixture(scope="module")
def clean(truths: list[Truth], pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Rows of the clean texts, by the ids of their documents."""
    folder = tmp_path_factory.mktemp("clean")
    for number, truth in enumerate(truths):
        (folder / f"{number}.txt").write_text(truth.text, encoding="utf-8")
    found = judged(pipeline, folder)
    return {truth.id: found[f"{number}.txt"] for number, truth in enumerate(truths)}


def test_every_document_has_its_row(truths: list[Truth], rows: Rows) -> None:
    assert {truth.id for truth in truths} == rows.keys()
    assert {row["status"] for row in rows.values()} == {"ok"}


def test_pages_are_read_in_the_way_that_suits_them(truths: list[Truth], rows: Rows) -> None:
    """OCR where there is no good text layer, and nowhere else."""
    for truth in truths:
        assert [page["method"] for page in rows[truth.id]["page_results"]] == [page.by for page in truth.pages]


@pytest.mark.parametrize(("makes", "most"), [(WRITTEN, 0.0005), (PICTURES, 0.02)], ids=["written", "pictures"])
def test_the_text_is_recovered(makes: tuple[str, ...], most: float, truths: list[Truth], rows: Rows) -> None:
    """`most` is a character error rate, of each make."""
    errors: dict[str, Errors] = {}
    for truth in truths:
        if truth.make in makes:
            errors.setdefault(truth.make, Errors()).add(truth, text_of(rows[truth.id]))
    assert {make: each.rate for make, each in errors.items() if each.rate > most} == {}
    assert errors.keys() == set(makes)


def test_turned_pages_are_put_right_and_upright_ones_left_alone(truths: list[Truth], rows: Rows) -> None:
    shares = rotations(truths, rows)
    assert {name: share.of >= 1 for name, share in shares.items()} == dict.fromkeys(shares, True)
    assert [name for share in shares.values() for name in share.wrong_ids] == []


def test_documents_are_judged_as_their_clean_text(truths: list[Truth], rows: Rows, clean: Rows) -> None:
    shares = agreement(truths, rows, clean)
    assert shares.keys() == set(GROUPS.values())
    assert {name: share.wrong_ids for name, share in shares.items() if share.wrong_ids} == {}
