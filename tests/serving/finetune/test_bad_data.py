"""Bad data is found before training, named by row; splits are the same in whatever order rows come."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from serving.errors import InputError
from serving.finetune import Data, Limits, check, read, split

WORDS = [
    "river",
    "stone",
    "cloud",
    "market",
    "winter",
    "garden",
    "copper",
    "violin",
    "harbour",
    "lantern",
    "meadow",
    "orchard",
]


def good(count: int = 40) -> list[tuple[str, str]]:
    """Texts that differ, with two labels in turn."""
    made = random.Random(5)
    return [(" ".join(made.sample(WORDS, 6)) + f" n{i}", ("bad", "good")[i % 2]) for i in range(count)]


def lines(folder: Path, *bad: dict[str, object] | str) -> Path:
    rows = [json.dumps({"text": text, "label": label}) for text, label in good()]
    rows += [row if isinstance(row, str) else json.dumps(row) for row in bad]
    path = folder / "data.jsonl"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def found(data: Data) -> dict[str, tuple[str, ...]]:
    return {finding.kind: finding.rows for finding in data.findings}


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("broken row", '{"text": "cut sh'),
        ("no label", {"text": "nobody judged this"}),
        ("label form", {"text": "a list for a label", "label": ["good"]}),
        ("label form", '{"text": "no class has this code", "label": 1e999}'),
        ("empty", {"text": "  \t", "label": "good"}),
        ("not text", {"text": 17, "label": "good"}),
        ("no letters", {"text": "... --- ...", "label": "good"}),
        ("encoding", {"text": "the cafÃ© was closed", "label": "bad"}),
        ("duplicate", {"text": good()[1][0].upper(), "label": "good"}),
        ("language", {"text": "это совсем другой язык", "label": "bad"}),
        ("markup", {"text": "was <br /> broken &amp; bent", "label": "bad"}),
        ("too long", {"text": "long " * 400, "label": "good"}),
    ],
)
def test_a_bad_row_is_named_and_no_other(tmp_path: Path, kind: str, row: dict[str, object] | str) -> None:
    assert found(check(read(lines(tmp_path, row)))) == {kind: ("data.jsonl:41",)}


def test_a_contradiction_names_both_rows_and_trains_on_neither(tmp_path: Path) -> None:
    data = check(read(lines(tmp_path, {"text": good()[0][0], "label": "good"})))
    assert found(data) == {"conflict": ("data.jsonl:1", "data.jsonl:41")}
    assert len(data.examples) == 39


def test_labels_that_differ_in_case_only_stop(tmp_path: Path) -> None:
    data = check(read(lines(tmp_path, *({"text": f"winter copper cloud {i}x", "label": "Good "} for i in range(12)))))
    assert found(data)["label spelling"] == ("data.jsonl:2", "data.jsonl:41")
    assert data.stops


def test_a_rare_class_and_one_too_small(tmp_path: Path) -> None:
    rows = [{"text": f"small {i} {WORDS[i]}", "label": "odd"} for i in range(3)]
    data = check(read(lines(tmp_path, *rows)))
    assert found(data) == {"too few": ("data.jsonl:41", "data.jsonl:42", "data.jsonl:43")}
    assert data.stops
    assert "imbalance" in found(check(read(lines(tmp_path, *rows)), Limits(per_class=2, rarest=0.5)))


def test_one_label_for_all_stops(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("text,label\n" + "\n".join(f"{text},good" for text, _ in good()), encoding="utf-8")
    assert "one class" in found(check(read(path)))


def test_parts_that_leak_or_lack_a_class(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    rows = [f"{text},{label},train,g{i}" for i, (text, label) in enumerate(good())]
    rows += [f"{good()[0][0]},bad,test,h", f"{good()[1][0]} indeed,good,test,i", "one of a group,good,test,g3"]
    rows += ["nowhere to be put,good,tests,k"]
    path.write_text("text,label,split,group\n" + "\n".join(rows), encoding="utf-8")
    data = found(check(read(path)))
    assert data["leakage"] == ("parts.csv:2", "parts.csv:42")
    assert data["near leakage"] == ("parts.csv:3", "parts.csv:43")
    assert data["group leakage"] == ("parts.csv:5", "parts.csv:44")
    assert data["unknown part"] == ("parts.csv:45",)
    assert {"empty part", "small test"} <= data.keys()


def test_a_class_whose_texts_name_it(tmp_path: Path) -> None:
    path = tmp_path / "named.csv"
    rows = [f"{text} {'rated good' if label == 'good' else ''},{label}" for text, label in good()]
    path.write_text("text,label\n" + "\n".join(rows), encoding="utf-8")
    data = found(check(read(path)))
    assert list(data) == ["label in text"]
    assert data["label in text"][0] == "named.csv:3"


def test_a_folder_of_images(tmp_path: Path) -> None:
    made = random.Random(3)
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for i in range(11):
            Image.new("RGB", (224, 224), tuple(made.randrange(256) for _ in range(3))).save(
                tmp_path / label / f"{i:02}.png"
            )
    (tmp_path / "empty").mkdir()
    (tmp_path / "loose.png").write_bytes((tmp_path / "cat" / "00.png").read_bytes())
    Image.open(tmp_path / "dog" / "00.png").save(tmp_path / "dog" / "copy.bmp")
    (tmp_path / "dog" / "cut.png").write_bytes((tmp_path / "dog" / "01.png").read_bytes()[:200])
    (tmp_path / "dog" / "note.txt").write_text("not a picture")
    Image.new("RGB", (32, 32)).save(tmp_path / "dog" / "small.png")
    Image.new("L", (9000, 9000)).save(tmp_path / "dog" / "vast.png")
    assert found(check(read(tmp_path))) == {
        "duplicate": ("dog/copy.bmp",),
        "broken image": ("dog/cut.png",),
        "not an image": ("dog/note.txt",),
        "huge image": ("dog/vast.png",),
        "loose file": ("loose.png",),
        "empty class": ("empty/",),
        "small image": ("dog/small.png",),
    }


def test_the_document_pipelines_own_label_is_no_truth(tmp_path: Path) -> None:
    path, labels = tmp_path / "run.jsonl", tmp_path / "labels.csv"
    row = {"status": "ok", "page_results": [], "label": "positive", "text": ["one page", "two pages"]}
    rows = [{**row, "id": "a.pdf"}, {**row, "id": "b.pdf", "status": "failed"}, {**row, "id": "c.pdf"}]
    path.write_text("\n".join(json.dumps(one) for one in rows), encoding="utf-8")
    with pytest.raises(InputError, match="a model's own guess"):
        read(path)
    labels.write_text("id,label\na.pdf,bad\nb.pdf,bad\nz.pdf,good\n", encoding="utf-8")
    data = read(path, labels=labels)
    assert [(one.text, one.label) for one in data.examples] == [("one page\ntwo pages", "bad")]
    assert found(data) == {
        "failed document": ("run.jsonl:2",),
        "no label": ("run.jsonl:3",),
        "no document": ("labels.csv:4",),
    }


def test_every_format_gives_the_same_examples(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows = [{"text": text, "label": label} for text, label in good()]
    (tmp_path / "a.csv").write_text("text;label\n" + "\n".join(";".join(r.values()) for r in rows), encoding="utf-8")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    lines(tmp_path)
    found = [read(tmp_path / name).examples for name in ("a.csv", "a.parquet", "data.jsonl")]
    assert [[(e.text, e.label) for e in one] for one in found] == [good()] * 3


def test_a_split_does_not_depend_on_the_order(tmp_path: Path) -> None:
    examples = list(read(lines(tmp_path)).examples)
    parts = {example.text: example.part for example in split(examples)}
    random.Random(1).shuffle(examples)
    assert {example.text: example.part for example in split(examples)} == parts
    for label in ("bad", "good"):
        own = [part for text, part in parts.items() if dict(good())[text] == label]
        assert own.count("test") >= 4
        assert own.count("validation") >= 1


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: data[:4] + bytes(len(data) - 8) + data[-4:]])
def test_a_parquet_file_that_is_cut_off_or_damaged_is_one_line(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "data.parquet"
    parquet.write_table(arrow.table({"text": ["a day"] * 50, "label": ["good", "bad"] * 25}), path)
    assert len(read(path).examples) == 50
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(InputError, match="is not Parquet or cut off"):
        read(path)


def test_rows_of_documents_whose_text_is_none_are_left_out(tmp_path: Path) -> None:
    rows = [
        {"id": f"{i}", "status": "ok", "page_results": [], "text": text} for i, text in enumerate((["a"], 5, [None]))
    ]
    path, labels = tmp_path / "rows.jsonl", tmp_path / "labels.csv"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    labels.write_text("id,label\n0,good\n1,good\n2,good\n", encoding="utf-8")
    data = read(path, labels=labels)
    assert [example.text for example in data.examples] == ["a"]
    assert found(data) == {"not text": ("rows.jsonl:2", "rows.jsonl:3")}
