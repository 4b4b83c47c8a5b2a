"""From passages to pages and documents."""

import math

import pytest

from serving.client.results import Classification, Embedding, LabelScore, Sentiment
from serving.documents.chunk import Chunk
from serving.documents.gather import of_passages, of_pictures


def passage(page: int, tokens: int) -> Chunk:
    return Chunk(page=page, start=0, end=4, text="text", tokens=tokens)


def sentiment(negative: float, positive: float) -> Sentiment:
    scores = {"negative": negative, "positive": positive}
    label = max(scores, key=scores.__getitem__)
    return Sentiment(label=label, score=scores[label], scores=scores, tokens=9, truncated=False)


def test_longer_passages_weigh_more() -> None:
    chunks = [passage(1, 10), passage(1, 30), passage(3, 60)]
    found = of_passages(chunks, [sentiment(1.0, 0.0), sentiment(0.2, 0.8), sentiment(0.9, 0.1)])
    assert found.whole is not None
    assert found.whole.as_json()["scores"] == {"negative": pytest.approx(0.7), "positive": pytest.approx(0.3)}
    assert {page: judged.label for page, judged in found.pages.items()} == {1: "positive", 3: "negative"}
    assert found.pages[1].as_json()["score"] == pytest.approx(0.6)
    assert [(one["page"], one["label"], one["score"]) for one in found.passages] == [
        (1, "negative", 1.0), (1, "positive", 0.8), (3, "negative", 0.9),
    ]  # fmt: skip


def test_of_equal_labels_the_first_is_taken() -> None:
    found = of_passages([passage(1, 5), passage(1, 5)], [sentiment(0.8, 0.2), sentiment(0.2, 0.8)])
    assert found.whole is not None
    assert found.whole.label == "negative"


def test_scores_have_six_decimals_and_the_score_is_one_of_them() -> None:
    found = of_passages([passage(1, 1), passage(1, 2)], [sentiment(1 / 3, 2 / 3), sentiment(0.1234567, 0.8765433)])
    assert found.whole is not None
    row = found.whole.as_json()
    assert row["scores"] == {label: round(score, 6) for label, score in row["scores"].items()}
    assert row["score"] == row["scores"][row["label"]]


def test_embeddings_become_one_of_length_one() -> None:
    answers = [
        Embedding(vector=(1.0, 0.0), tokens=9, truncated=False),
        Embedding(vector=(0.0, 1.0), tokens=9, truncated=False),
    ]
    found = of_passages([passage(1, 30), passage(2, 40)], answers)
    assert found.embedding == pytest.approx([0.6, 0.8])
    assert math.hypot(*found.embedding) == pytest.approx(1)
    assert found.whole is None


def test_pages_that_were_looked_at_count_alike() -> None:
    def seen(**scores: float) -> Classification:
        top = tuple(LabelScore(label=label, score=score) for label, score in scores.items())
        return Classification(label=top[0].label, score=top[0].score, top=top)

    found = of_pictures([1, 2], [seen(cup=0.6, table=0.2), seen(table=0.7, chair=0.3)])
    assert found.whole is not None
    assert found.whole.scores == pytest.approx({"table": 0.45, "cup": 0.3, "chair": 0.15})
    assert (found.whole.label, found.pages[1].label, found.pages[2].label) == ("table", "cup", "table")
