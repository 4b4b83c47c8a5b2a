"""The sentiment handler with MiniLM's real weights and the head that is in the repository."""

import pytest

from serving.handlers import sentiment
from serving.handlers.types import JSON, Item, Predictor
from serving.model import find
from tests.serving.handlers.unpacked import listed, plain, predictions, refused, single, unpacked

CLEAR = {
    "positive": (
        "I love this phone, the camera is fantastic and the battery lasts for days.",
        "What a wonderful film, warm, funny and beautifully acted.",
        "Best birthday ever, thank you all so much! :)",
        "yay, finally got the job!!",
    ),
    "negative": (
        "The worst purchase of my life: it broke after two days and nobody answers.",
        "A dull, lifeless and painfully long movie.",
        "I hate mondays, everything is awful :(",
        "Thousands lost their homes in the disaster, and the government's response was shameful.",
    ),
    "neutral": (
        "The meeting has been moved to room 204.",
        "The committee will publish its report in March.",
        "It comes with a cable and a manual.",
    ),
}


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return sentiment.load(unpacked("sentiment", tmp_path_factory))


@pytest.mark.parametrize("label", list(CLEAR))
def test_clear_sentences_have_their_sentiment(classifier: Predictor, label: str) -> None:
    found = predictions(classifier.predict([listed(*CLEAR[label])])[0])
    assert [row["label"] for row in found] == [label] * len(CLEAR[label])


def test_negation_turns_a_sentiment(classifier: Predictor) -> None:
    good, bad = single(classifier, ["This is a good product.", "This is not a good product."])
    assert (good["label"], bad["label"]) == ("positive", "negative")


def test_scores_are_probabilities_and_the_label_is_their_greatest(classifier: Predictor) -> None:
    for row in predictions(classifier.predict([listed(*CLEAR["positive"], *CLEAR["neutral"])])[0]):
        assert list(row["scores"]) == ["negative", "neutral", "positive"]
        assert sum(row["scores"].values()) == pytest.approx(1, abs=1e-5)
        assert row["score"] == row["scores"][row["label"]] == max(row["scores"].values())


def test_a_batch_answers_what_each_text_answers_alone(classifier: Predictor) -> None:
    texts = [text for group in CLEAR.values() for text in group]
    together = predictions(classifier.predict([plain(texts[0]), listed(*texts)])[1])
    for row, alone in zip(together, single(classifier, texts), strict=True):
        assert row["scores"] == pytest.approx(alone["scores"], abs=1e-5)
        assert row["tokens"] == alone["tokens"]


def test_a_long_text_is_cut_and_says_so(classifier: Predictor) -> None:
    long, short = predictions(classifier.predict([listed("Lovely. " * 500, "Lovely.")])[0])
    assert (long["tokens"], long["truncated"], long["label"]) == (256, True, "positive")
    assert (short["tokens"], short["truncated"]) == (4, False)


def test_bad_texts_are_refused_each_on_its_own(classifier: Predictor) -> None:
    replies = classifier.predict(
        [Item(b"\xff", "text/plain"), listed({"text": "x"}, "fine"), plain(""), Item(b"[]", JSON)]
    )
    assert [reply.status for reply in replies] == [400, 200, 400, 400]
    assert refused(replies[2]) == (400, "The text is empty.")
    bad, good = predictions(replies[1])
    assert bad["error"]["index"] == 0
    assert "label" in good


def test_the_trained_head_is_small_enough_to_be_committed() -> None:
    assert (find("sentiment").folder / "head.safetensors").stat().st_size < 1_000_000
