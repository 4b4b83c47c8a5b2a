"""Sources to rows, with real documents and the real models."""

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from serving.client import EndpointError
from serving.documents.pipeline import Pipeline, failed_row
from serving.documents.plan import Plan, Step
from serving.documents.types import KINDS, Row, Source, Why
from serving.errors import InputError
from serving.model import find
from tests.serving.client.endpoint import Asked, Told, endpoint

GOOD = "I love this phone. The camera is fantastic and the battery lasts for days! Best purchase ever. "
BAD = "The worst purchase of my life: it broke after two days. Nobody answers. I hate it. "
PLAIN = "The committee will publish its report in March. The meeting has been moved to room 204. "
EXTENSIONS = {".txt": "txt", ".html": "html", ".zip": "archive", ".jpg": "image", ".md": "markdown"}


def source(folder: Path, name: str, content: str | bytes) -> Source:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Source(id=name, path=path, kind=EXTENSIONS[path.suffix], size_bytes=path.stat().st_size)


def zipped(**members: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.txt", text)
    return held.getvalue()


def data(found: Iterator[tuple[Source, list[Row]]]) -> list[dict[str, object]]:
    """All rows, without what differs from run to run."""
    rows = [row.data for _, rows in found for row in rows]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def pipeline(cache: Path) -> Pipeline:
    return Pipeline(Plan(ocr="off"), cache)


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    """Some of each sort, among them one that needs several passages."""
    return [
        source(tmp_path, "good.txt", GOOD),
        source(tmp_path, "bad.html", f"<html><body><h1>Report</h1><p>{BAD}</p></body></html>"),
        source(tmp_path, "empty.txt", ""),
        source(tmp_path, "letters.zip", zipped(one=GOOD, two=" \n", three=PLAIN)),
        source(tmp_path, "long.txt", "\n\n".join([(BAD * 3).strip()] * 12 + [GOOD])),
        source(tmp_path, "odd.txt", "---"),
    ]


def test_every_source_has_its_rows_in_order(pipeline: Pipeline, sources: list[Source]) -> None:
    found = list(pipeline.run(sources))
    assert [one for one, _ in found] == sources
    rows = {row.id: row.data for _, rows in found for row in rows}
    assert {name: row.get("label", row.get("reason")) for name, row in rows.items() if name != "odd.txt"} == {
        "good.txt": "positive",
        "bad.html": "negative",
        "empty.txt": "empty",
        "letters.zip!/one.txt": "positive",
        "letters.zip!/two.txt": "no-text",
        "letters.zip!/three.txt": "neutral",
        "long.txt": "negative",
    }
    assert all(row.id == row.data["id"] for _, rows in found for row in rows)
    assert json.loads(json.dumps([row.data for _, rows in found for row in rows]))
    members = [(row.data["archive"], row.data["member"]) for row in found[3][1]]
    assert members == [("letters.zip", [1, 3]), ("letters.zip", [2, 3]), ("letters.zip", [3, 3])]
    assert "archive" not in rows["good.txt"]


def test_a_row_says_everything_of_its_document(pipeline: Pipeline, sources: list[Source]) -> None:
    ((_, (row,)),) = pipeline.run(sources[4:5])
    found, text = row.data, sources[4].path.read_text().rstrip()
    assert {name: found[name] for name in ("kind", "status", "bytes", "pages", "characters", "model", "version")} == {
        "kind": "txt", "status": "ok", "bytes": sources[4].size_bytes, "pages": 1, "characters": len(text),
        "model": "sentiment", "version": find("sentiment").version,
    }  # fmt: skip
    assert sum(found["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert found["score"] == found["scores"][found["label"]]
    (page,) = found["page_results"]
    assert page["scores"] == found["scores"]
    assert (page["page"], page["method"], page["characters"]) == (1, "native", len(text))
    passages = found["passages"]
    assert len(passages) > 3
    assert passages[0]["start"] == 0
    assert all(text[one["start"] : one["end"]].endswith((".", "!")) for one in passages)
    assert text[passages[-1]["end"] :] == ""
    assert set(found["seconds"]) == {"read", "ocr", "predict"}
    assert found["seconds"]["predict"] > 0


def test_what_a_plan_leaves_out_or_adds(cache: Path, tmp_path: Path) -> None:
    one = source(tmp_path, "good.txt", GOOD)
    (row,) = data(Pipeline(Plan(ocr="off", passages=False, keep_text=True), cache).run([one]))
    assert "passages" not in row
    assert row["text"] == [GOOD.strip()]


def test_personal_data_is_gone_before_the_model_the_row_and_the_positions(cache: Path, tmp_path: Path) -> None:
    one = source(tmp_path, "good.txt", f"{GOOD}Write to a@example.com or 203.0.113.7. {GOOD}")
    plan = Plan(ocr="off", keep_text=True, redact=True)
    (row,) = data(Pipeline(plan, cache).run([one]))
    text = f"{GOOD}Write to [EMAIL] or [IP]. {GOOD}".strip()
    assert row["text"] == [text]
    assert row["redacted"] == {"EMAIL": 1, "IP": 1}
    assert row["characters"] == len(text)
    assert row["passages"][-1]["end"] == len(text)  # type: ignore[index]
    with endpoint(answers) as server:
        remote = Pipeline(dataclasses.replace(plan, endpoint=server.url), cache)
        (there,) = data(remote.run([one]))
        remote.close()
    assert there["redacted"] == row["redacted"]
    sent = " ".join(text for asked in server.asked for text in asked.instances)
    assert "[EMAIL]" in sent
    assert "example.com" not in sent


def test_pictures_of_pages_cannot_be_redacted(cache: Path) -> None:
    plan = Plan(steps=(Step(kinds=KINDS, model="efficientnet_lite0", read="page"),), redact=True)
    with pytest.raises(InputError, match="efficientnet_lite0 looks at pictures of pages, which cannot be searched"):
        Pipeline(plan, cache)


def test_equal_calls_give_equal_rows_and_other_batches_nearly_so(pipeline: Pipeline, sources: list[Source]) -> None:
    once, again = data(pipeline.run(sources)), data(pipeline.run(sources))
    assert once == again
    apart = [row for one in sources for row in data(pipeline.run([one]))]
    for row, alone in zip(once, apart, strict=True):
        assert row["id"] == alone["id"]
        assert row.get("label") == alone.get("label")
        assert row.get("scores") == pytest.approx(alone.get("scores"), abs=1e-4)


def test_a_sentence_that_had_to_be_cut_is_said(pipeline: Pipeline, tmp_path: Path) -> None:
    (row,) = data(pipeline.run([source(tmp_path, "endless.txt", "and so on it goes " * 200)]))
    (note,) = row["notes"]  # type: ignore[misc]
    assert "a sentence was cut: sentiment reads at most 254 tokens at once." in note


def test_a_document_in_letters_that_the_model_was_not_trained_on_says_so(pipeline: Pipeline, tmp_path: Path) -> None:
    texts = {"ja.txt": "とても良い製品でした。また買います。Thank you.", "fr.txt": "Où est la bibliothèque, déjà ?"}
    found = data(pipeline.run([source(tmp_path, name, text) for name, text in texts.items()]))
    sentence = "Most of it is not written in Latin letters, which sentiment was trained on."
    assert [row["notes"] for row in found] == [[sentence], []]


def test_more_text_than_is_held_at_once_is_predicted_in_parts(cache: Path, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    pipeline = Pipeline(Plan(ocr="off"), cache, lambda name, stage: said.append((name, stage)))
    # Each endless word is one unknown token to the model: much to hold, little to predict.
    members = zipped(one=f"{GOOD}{'x' * 200_000}", two=f"{BAD}{'y' * 200_000}", three=PLAIN)
    sources = [source(tmp_path, "big.zip", members), source(tmp_path, "good.txt", GOOD)]
    found = list(pipeline.run(sources))
    assert [(one.id, len(rows)) for one, rows in found] == [("big.zip", 3), ("good.txt", 1)]
    labels = [row.data["label"] for _, rows in found for row in rows]
    assert (labels[2], labels[3]) == ("neutral", "positive")
    assert said[0] == ("big.zip", "read")
    assert said.index(("big.zip!/one.txt", "predict")) < said.index(("good.txt", "read"))
    predicted = {name for name, stage in said if stage == "predict"}
    assert predicted <= {"big.zip!/one.txt", "big.zip!/two.txt", "big.zip!/three.txt", "good.txt"}


def test_a_kind_without_a_step_is_told(cache: Path, tmp_path: Path) -> None:
    pipeline = Pipeline(Plan(ocr="off", steps=(Step(kinds=("html",), model="sentiment"),)), cache)
    (row,) = data(pipeline.run([source(tmp_path, "good.txt", GOOD)]))
    assert (row["reason"], row["message"]) == (
        "unsupported", "No step of the workflow takes documents of the type txt.",
    )  # fmt: skip


def test_models_are_chosen_by_type_and_pages_are_looked_at(cache: Path, tmp_path: Path) -> None:
    steps = (
        Step(kinds=("image", "txt"), model="efficientnet_lite0", read="page"),
        Step(kinds=("html",), model="minilm"),
        Step(kinds=KINDS, model="sentiment"),
    )
    cup = find("efficientnet_lite0").sample.read_bytes()
    pages = io.BytesIO()
    first, second = Image.open(io.BytesIO(cup)), Image.new("RGB", (700, 900), "white")
    first.save(pages, "TIFF", save_all=True, append_images=[second])
    sources = [
        source(tmp_path, "cup.jpg", cup),
        source(tmp_path, "two.jpg", pages.getvalue()),
        source(tmp_path, "good.html", f"<p>{GOOD}</p>"),
        source(tmp_path, "good.md", GOOD),
        source(tmp_path, "good.txt", GOOD),
    ]
    image, two, page, marked, text = data(Pipeline(Plan(ocr="off", steps=steps), cache).run(sources))
    assert (image["model"], image["label"], image["characters"], image["tokens"]) == (
        "efficientnet_lite0",
        "espresso",
        0,
        0,
    )
    assert "passages" not in image
    labels = [one["label"] for one in two["page_results"]]  # type: ignore[attr-defined]
    assert labels[0] == "espresso" != labels[1]
    assert len(two["scores"]) == 5  # type: ignore[arg-type]
    assert (page["model"], len(page["embedding"])) == ("minilm", 384)  # type: ignore[arg-type]
    assert "label" not in page
    assert (marked["model"], marked["label"]) == ("sentiment", "positive")
    assert (text["status"], text["reason"]) == ("failed", "unsupported")


def test_a_model_that_is_not_there_is_told_before_anything_is_read(cache: Path) -> None:
    with pytest.raises(InputError, match="did you mean sentiment"):
        Pipeline(Plan(steps=(Step(kinds=KINDS, model="sentiments"),)), cache)


def answers(asked: Asked) -> Told:
    """Refuses what it is told to, else the same for every text."""
    row = {
        "label": "positive",
        "score": 0.9,
        "scores": {"negative": 0.1, "positive": 0.9},
        "tokens": 9,
        "truncated": False,
    }
    wrong = {"error": {"code": 400, "message": "The text is bad.", "index": 0}}
    rows = [wrong if "refuse" in text else row for text in asked.instances]
    return Told(200, json.dumps({"predictions": rows}).encode())


def test_an_endpoint_judges_in_the_place_of_the_model(cache: Path, tmp_path: Path) -> None:
    sources = [source(tmp_path, f"{n}.txt", GOOD * (n + 1)) for n in range(8)]
    sources.append(source(tmp_path, "bad.txt", "Please refuse this."))
    with endpoint(answers) as server:
        pipeline = Pipeline(Plan(ocr="off", endpoint=server.url), cache)
        rows = data(pipeline.run(sources))
        pipeline.close()
    assert [row.get("score") for row in rows] == [0.9] * 8 + [None]
    assert (rows[-1]["reason"], rows[-1]["message"]) == (
        "prediction", "The model sentiment did not answer: The text is bad.",
    )  # fmt: skip


def test_an_endpoint_that_is_down_stops_the_run_with_one_error(cache: Path, tmp_path: Path) -> None:
    with endpoint(answers) as server:
        pipeline = Pipeline(Plan(ocr="off", endpoint=server.url), cache)
    with pytest.raises(EndpointError, match="no connection"):
        list(pipeline.run([source(tmp_path, f"{n}.txt", GOOD) for n in range(3)]))
    pipeline.close()


def test_a_source_that_never_came_back_has_a_row(tmp_path: Path) -> None:
    row = failed_row(source(tmp_path, "good.txt", GOOD), Why.CRASHED, "The process ended.")
    assert row.data == {
        "id": "good.txt", "kind": "txt", "status": "failed", "bytes": len(GOOD), "reason": "crashed",
        "message": "The process ended.", "seconds": {"read": 0.0, "ocr": 0.0, "predict": 0.0},
    }  # fmt: skip
