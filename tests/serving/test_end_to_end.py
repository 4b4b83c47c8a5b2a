"""Real models on real servers, asked by the real client: both backends give the same answers and the same refusals."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.backends import NAMES
from serving.client import Classification, Client, ItemFailure, Sentiment
from serving.model import find
from tests.serving.archives import shipped
from tests.serving.servers import Running, running

TEXTS = ["A wonderful film.", "It broke after a day, and nobody answers.", "The meeting is at ten."]


@pytest.fixture(scope="module")
def sentiment_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shipped("sentiment", tmp_path_factory, compiled=True)


@pytest.fixture(scope="module", params=NAMES)
def texts(
    request: pytest.FixtureRequest, sentiment_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(request.param, sentiment_archive, tmp_path_factory.mktemp("texts"), workers=1) as found:
        yield found


@pytest.fixture(scope="module", params=NAMES)
def images(
    request: pytest.FixtureRequest, image_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(request.param, image_archive, tmp_path_factory.mktemp("images"), workers=1) as found:
        yield found


def client(server: Running) -> Client:
    return Client(f"http://127.0.0.1:{server.launch.port}", server.launch.about()["name"])


def test_texts_get_their_sentiment(texts: Running) -> None:
    with client(texts) as asked:
        found = asked.predict(TEXTS)
    assert all(isinstance(row, Sentiment) for row in found)
    assert [row.label for row in found[:2]] == ["positive", "negative"]


def test_bad_texts_are_refused_one_by_one(texts: Running) -> None:
    with client(texts) as asked:
        good, empty, also_good = asked.predict([TEXTS[0], " ", TEXTS[1]], failures="return")
    assert isinstance(good, Sentiment)
    assert isinstance(also_good, Sentiment)
    assert isinstance(empty, ItemFailure)
    assert empty.message == "The text is empty."


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"\xff\xfe", "text/plain", "The text is not valid UTF-8 at byte 0."),
        (b"{", "application/json", "The body is not valid JSON."),
        (b"[1]", "application/json", 'The JSON must be {"instances": [...]} with at least one instance.'),
        (b"", "text/plain", "The text is empty."),
    ],
)
def test_bad_bodies_get_one_sentence(body: bytes, kind: str, said: str, texts: Running) -> None:
    answer = texts.call(body, kind)
    assert answer.status == 400
    assert answer.body["error"]["message"] == said


def test_a_picture_gets_its_label(images: Running) -> None:
    sample = find("efficientnet_lite0").sample
    with client(images) as asked:
        found = asked.predict([sample] * 5)
    assert all(isinstance(row, Classification) for row in found)
    assert {row.label for row in found} == {"espresso"}
    refused = images.call(b"no picture", "image/jpeg")
    assert refused.status == 415
    assert "not an image" in refused.body["error"]["message"]


def test_torchserve_takes_no_models_from_outside_and_wants_no_token(images: Running) -> None:
    if images.backend.__class__.__name__ != "TorchServe":
        assert images.call(b"", path="/models?url=http://127.0.0.1:1/x.mar").status == 404
        return
    url = f"http://127.0.0.1:{images.launch.port + 1}/models?url=http://127.0.0.1:1/x.mar"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=60)
    refused.value.close()
    assert refused.value.code == 405
    config = (images.launch.work / "config.properties").read_text()
    assert f"allowed_urls=file://{images.launch.work}/store/.*" in config
    assert not list(images.launch.work.rglob("key_file.json"))
    assert images.backend.healthy()
