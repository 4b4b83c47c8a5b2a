"""The embedding handler with the real weights."""

import json
from dataclasses import replace

import pytest

from serving.archive import CACHE
from serving.handlers import text_embedding, tokens
from serving.handlers.types import JSON, Item, Predictor
from serving.model import find
from tests.serving.handlers.unpacked import listed, plain, predictions, refused, single, unpacked

TEXTS = (
    "A cat sleeps on the sofa.",
    "The quarterly report shows that revenue grew by a tenth while costs stayed where they were a year ago.",
    "Hi",
    "ein deutscher Satz, 日本語 und 🙂",
)


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return text_embedding.load(unpacked("minilm", tmp_path_factory))


def similarity(embedder: Predictor, one: str, other: str) -> float:
    a, b = predictions(embedder.predict([listed(one, other)])[0])
    return sum(x * y for x, y in zip(a["embedding"], b["embedding"], strict=True))


def test_texts_that_mean_the_same_are_closer_than_others(embedder: Predictor) -> None:
    anchor = "How do I change the password of my account?"
    same = similarity(embedder, anchor, "I forgot my login credentials and want to set new ones.")
    other = similarity(embedder, anchor, "The recipe needs two eggs and a spoon of flour.")
    assert same > other + 0.2


def test_an_embedding_is_a_unit_vector_of_384_numbers(embedder: Predictor) -> None:
    for row in predictions(embedder.predict([listed(*TEXTS)])[0]):
        assert len(row["embedding"]) == 384
        assert sum(x * x for x in row["embedding"]) == pytest.approx(1, abs=1e-5)


def test_a_batch_answers_what_each_text_answers_alone(embedder: Predictor) -> None:
    together = predictions(embedder.predict([listed(*TEXTS)])[0])
    for row, alone in zip(together, single(embedder, TEXTS), strict=True):
        assert row["embedding"] == pytest.approx(alone["embedding"], abs=1e-5)
        assert row["tokens"] == alone["tokens"]


def test_the_embedding_is_that_of_the_published_model(embedder: Predictor) -> None:
    library = pytest.importorskip("sentence_transformers")
    folder = find("minilm").files(CACHE)["weights"].parent
    published = library.SentenceTransformer(str(folder), device="cpu").encode([TEXTS[1]])[0]
    assert single(embedder, [TEXTS[1]])[0]["embedding"] == pytest.approx(published.tolist(), abs=1e-5)


def test_mixed_precision_points_nearly_the_same_way(tmp_path_factory: pytest.TempPathFactory) -> None:
    exact = unpacked("minilm", tmp_path_factory)
    mixed = replace(exact, settings={**exact.settings, "precision": "bfloat16"})
    one, other = (single(text_embedding.load(how), TEXTS) for how in (exact, mixed))
    for a, b in zip(one, other, strict=True):
        assert a["embedding"] != b["embedding"]
        assert sum(x * y for x, y in zip(a["embedding"], b["embedding"], strict=True)) > 0.99


def test_requests_of_a_batch_keep_their_own_answers_and_errors(embedder: Predictor) -> None:
    replies = embedder.predict(
        [plain(TEXTS[0]), Item(b"caf\xe9", "text/plain"), listed("", TEXTS[0], 7), plain("  "), Item(b"{", JSON)]
    )
    assert [reply.status for reply in replies] == [200, 400, 200, 400, 400]
    empty, good, number = predictions(replies[2])
    assert empty["error"] == {"code": 400, "message": "The text is empty.", "index": 0}
    assert number["error"] == {"code": 400, "message": "A text must be a JSON string.", "index": 2}
    assert good["embedding"] == pytest.approx(predictions(replies[0])[0]["embedding"], abs=1e-5)
    assert refused(replies[1]) == (400, "The text is not valid UTF-8 at byte 3.")
    assert refused(replies[4]) == (400, "The body is not valid JSON.")


def test_a_body_that_is_no_text_is_refused(embedder: Predictor) -> None:
    assert embedder.predict([Item(b"\xff\xd8", "image/jpeg")])[0].status == 415
    assert embedder.predict([listed()])[0].status == 400


def test_a_long_text_is_cut_and_says_so(embedder: Predictor) -> None:
    long = "word " * 300
    cut, whole = predictions(embedder.predict([listed(long, "word " * 254)])[0])
    assert (cut["tokens"], cut["truncated"]) == (256, True)
    assert (whole["tokens"], whole["truncated"]) == (256, False)
    assert cut["embedding"] == pytest.approx(whole["embedding"], abs=1e-5)


def test_megabytes_of_text_are_not_read_to_their_end(embedder: Predictor) -> None:
    huge, part = single(embedder, ["x" * 3_000_000, "x" * 100])
    assert huge["truncated"]
    assert not part["truncated"]
    assert huge["tokens"] <= 256


def test_a_client_that_names_no_type_is_understood(embedder: Predictor) -> None:
    replies = embedder.predict([Item(b"hello", kind) for kind in ("application/x-www-form-urlencoded", "text/plain")])
    assert [reply.status for reply in replies] == [200, 200]
    form, text = (predictions(reply)[0] for reply in replies)
    assert form["embedding"] == pytest.approx(text["embedding"], abs=1e-5)


def test_texts_are_batched_with_texts_of_nearly_their_length() -> None:
    lengths = [5, 200, 6, 7, 100, 11, 210, 9]
    groups = list(tokens.batches(lengths))
    assert sorted(i for group in groups for i in group) == list(range(len(lengths)))
    padded = sum(len(group) * max(lengths[i] for i in group) for group in groups)
    assert padded < 1.25 * sum(lengths)
    assert len(groups) == 3


def test_no_forward_pass_exceeds_its_tokens() -> None:
    groups = list(tokens.batches([256] * 300))
    assert max(map(len, groups)) * 256 <= tokens.MOST_TOKENS
    assert sum(map(len, groups)) == 300
    assert max(map(len, tokens.batches([2] * 5000))) <= 512


def test_the_reply_names_the_model(embedder: Predictor) -> None:
    document = json.loads(embedder.predict([plain("hello")])[0].body)
    assert (document["model"], document["version"]) == ("minilm", "1.0")
