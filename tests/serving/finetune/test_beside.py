"""A managed API's answers are joined to the examples, parts of the training part nest, slices are what they say."""

from pathlib import Path

import numpy as np
import pytest

from serving.errors import InputError
from serving.finetune import Example, answers, judge
from serving.finetune.run import nested
from serving.finetune.trouble import KINDS
from serving.finetune.trouble_table import table
from serving.finetune.types import Finding, Level

LABELS = ("bad", "good")
EXAMPLES = [
    Example(row=f"data.csv:{i + 2}", label=LABELS[i % 2], text=f"text number {i}" + " more" * i, slice=f"shop {i % 3}")
    for i in range(60)
]
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "lines",
    [
        ["text,answer", "TEXT NUMBER 0,Good", "text number 1 more,maybe", "of nobody,bad"],
        ["row,prediction", "data.csv:2,Good", "data.csv:3,maybe", "data.csv:99,bad"],
    ],
)
def test_answers_are_found_by_text_or_by_row(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(lines))
    said, places = answers.read(path, EXAMPLES, LABELS)
    assert places == [0, 1]
    assert said.found.tolist() == [1, -1], "what is none of the labels counts as wrong, not as absent"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["text,answer", "of nobody,bad"], "none of its items is in the test part"),
        (["text,answer", "text number 0,perhaps"], "its answers are none of bad, good"),
        (["text,verdict", "text number 0,bad"], "no column of the answer"),
        (["words,answer", "text number 0,bad"], "no column of the item"),
    ],
)
def test_answers_that_cannot_be_used_are_one_line(tmp_path: Path, lines: list[str], says: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=says):
        answers.read(path, EXAMPLES, LABELS)


def test_each_part_of_the_curve_holds_the_one_before_and_every_class() -> None:
    small, large = ({example.row for example in nested(EXAMPLES, LABELS, size)} for size in (10, 30))
    assert (len(small), len(large)) == (10, 30)
    assert small < large
    few = nested(EXAMPLES, LABELS, 1)
    assert sorted(example.label for example in few) == ["bad", "bad", "good", "good"]


def test_slices_by_length_and_by_the_datas_own_column() -> None:
    found = judge.slices(EXAMPLES)
    assert {"shop 0", "shop 1", "shop 2"} <= found.keys()
    short, long = (next(v for k, v in found.items() if k.startswith(name)) for name in (judge.SHORT, judge.LONG))
    lengths = np.array([len(example.text) for example in EXAMPLES])
    assert lengths[short].max() < lengths[long].min()
    assert found["shop 1"].sum() == 20


def test_the_table_names_the_first_rows_and_fits_a_terminal() -> None:
    rows = tuple(f"a_rather_long_name_of_a_file.jsonl:{i}" for i in range(1000))
    found = [
        Finding(kind=kind, level=Level(said.level), rows=rows, reason=said.reason, action=said.action)
        for kind, said in KINDS.items()
    ]
    text = table(found)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("and 995 more") == len(KINDS)
    assert all(kind in text for kind in KINDS)


def test_every_kind_of_trouble_is_documented_as_it_is_said() -> None:
    page = (ROOT / "docs" / "finetune.md").read_text(encoding="utf-8")
    for kind, said in KINDS.items():
        assert f"| `{kind}` | {said.level.value} | {said.reason} | {said.action} |" in page
