"""The image classifier with its real weights: right labels, the same from every form, one sentence for bad input."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serving import packed
from serving.handlers import exported, forms, image_classification
from serving.handlers.types import JSON, Item, Loading, Predictor, Reply

SAMPLE = Path(__file__).parents[3] / "serving" / "models" / "efficientnet_lite0" / "sample.jpg"


@pytest.fixture(scope="session")
def unpacked(image_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed.unpack(image_archive, tmp_path_factory.mktemp("unpacked") / "model")


def loading(folder: Path) -> Loading:
    about = json.loads((folder / "model.json").read_text())
    return Loading(folder=folder, name=about["name"], version=about["version"], settings=about["settings"])


@pytest.fixture(scope="session")
def classifier(unpacked: Path) -> Predictor:
    return image_classification.load(loading(unpacked))


@pytest.fixture(scope="session")
def sample() -> bytes:
    return SAMPLE.read_bytes()


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    target = io.BytesIO()
    image.save(target, form)
    return target.getvalue()


def noise(width: int, height: int, seed: int) -> Image.Image:
    made = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Image.fromarray(made).resize((width, height))


def body(reply: Reply) -> dict:  # type: ignore[type-arg]
    found: dict = json.loads(reply.body)  # type: ignore[type-arg]
    return found


def test_the_sample_is_an_espresso(classifier: Predictor, sample: bytes) -> None:
    (reply,) = classifier.predict([Item(sample, "image/jpeg")])
    found = body(reply)["predictions"][0]
    assert reply.status == 200
    assert found["label"] == "espresso"
    assert found["score"] > 0.9
    assert len(found["top"]) == 5
    assert sum(row["score"] for row in found["top"]) <= 1


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_a_batch_answers_as_each_alone(count: int, classifier: Predictor) -> None:
    pictures = [encoded(noise(256, 320, seed)) for seed in range(count)]
    together = [body(r)["predictions"][0] for r in classifier.predict([Item(p) for p in pictures])]
    alone = [body(classifier.predict([Item(p)])[0])["predictions"][0] for p in pictures]
    assert [t["label"] for t in together] == [a["label"] for a in alone]
    assert [t["score"] for t in together] == pytest.approx([a["score"] for a in alone], abs=1e-4)


def test_all_forms_answer_alike(unpacked: Path, tmp_path: Path, sample: bytes) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in ("model.json", "labels.txt"):
        (plain / name).write_bytes((unpacked / name).read_bytes())
    (plain / "forms").mkdir()
    for name in (exported.GRAPH, exported.WEIGHTS):
        (plain / "forms" / name).write_bytes((unpacked / "forms" / name).read_bytes())
    (plain / "forms" / "forms.json").write_text('{"compiled": null}')
    assert forms.load(loading(plain)).form == "exported"
    answers = [body(image_classification.load(loading(f)).predict([Item(sample)])[0]) for f in (unpacked, plain)]
    tops = [[row["score"] for row in a["predictions"][0]["top"]] for a in answers]
    assert tops[0] == pytest.approx(tops[1], abs=1e-4)


def test_mixed_precision_answers_nearly_alike(unpacked: Path, sample: bytes) -> None:
    exact = loading(unpacked)
    mixed = replace(exact, settings={**exact.settings, "precision": "bfloat16"})
    assert forms.load(mixed).form == "exported, in bfloat16"
    pictures = [Item(sample), *(Item(encoded(noise(256, 320, seed))) for seed in range(3))]
    rows = [
        [body(reply)["predictions"][0] for reply in image_classification.load(how).predict(pictures)]
        for how in (exact, mixed)
    ]
    assert rows[1][0]["label"] == "espresso"
    scores = [[row["score"] for row in found] for found in rows]
    assert scores[0] != scores[1]
    assert scores[0] == pytest.approx(scores[1], abs=0.05)


def test_a_form_of_another_instruction_set_is_left_alone(unpacked: Path, tmp_path: Path) -> None:
    import shutil

    other = Path(shutil.copytree(unpacked, tmp_path / "other"))
    about = {"compiled": {"capability": "NEON", "torch": "0.0", "batches": [1, 4]}}
    (other / "forms" / "forms.json").write_text(json.dumps(about))
    assert forms.load(loading(other)).form == "exported"


def test_a_damaged_compiled_form_does_not_stop_the_node(unpacked: Path, tmp_path: Path) -> None:
    import shutil

    other = Path(shutil.copytree(unpacked, tmp_path / "damaged"))
    for path in (other / "forms").glob("cpu-batch-*.pt2"):
        path.write_bytes(path.read_bytes()[:1000])
    assert forms.load(loading(other)).form == "exported"


def test_json_holds_several_images(classifier: Predictor, sample: bytes) -> None:
    rows = [{"b64": base64.b64encode(sample).decode()}, {"b64": "!"}, "text", {"b64": base64.b64encode(b"x").decode()}]
    (reply,) = classifier.predict([Item(json.dumps({"instances": rows}).encode(), JSON)])
    found = body(reply)["predictions"]
    assert reply.status == 200
    assert found[0]["label"] == "espresso"
    assert [row["error"]["code"] for row in found[1:]] == [400, 400, 415]
    assert [row["error"]["index"] for row in found[1:]] == [1, 2, 3]


BAD: dict[str, tuple[Callable[[bytes], Item], int, str]] = {
    "no image": (lambda s: Item(b"hello"), 415, "not an image"),
    "empty": (lambda s: Item(b""), 415, "not an image"),
    "cut off": (lambda s: Item(s[: len(s) // 2]), 422, "damaged"),
    "a bomb": (lambda s: Item(encoded(Image.new("1", (20_000, 20_000)))), 413, "pixels"),
    "too large": (lambda s: Item(encoded(Image.new("1", (8_000, 8_000)))), 413, "50 megapixels is the most"),
    "text": (lambda s: Item(s, "text/plain"), 415, "image/*"),
    "wrong JSON": (lambda s: Item(b"{", JSON), 400, "not valid JSON"),
    "deep JSON": (lambda s: Item(b"[" * 100_000, JSON), 400, "not valid JSON"),
    "JSON without instances": (lambda s: Item(b"{}", JSON), 400, "instances"),
    "too many": (lambda s: Item(json.dumps({"instances": [1] * 65}).encode(), JSON), 413, "64 is the most"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_spoils_no_other(case: str, classifier: Predictor, sample: bytes) -> None:
    make, code, said = BAD[case]
    good, bad, also_good = classifier.predict([Item(sample), make(sample), Item(sample)])
    assert (good.status, bad.status, also_good.status) == (200, code, 200)
    message = body(bad)["error"]["message"]
    assert said in message
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_usual_formats_and_modes_are_read(form: str, mode: str, classifier: Predictor) -> None:
    image = noise(64, 48, 1).convert(mode)
    if form in ("JPEG", "WEBP") and mode == "P":
        image = image.convert("L")
    (reply,) = classifier.predict([Item(encoded(image, form))])
    assert reply.status == 200
