"""A managed API's answers on the same items, from a file the user has."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from serving.errors import InputError
from serving.finetune.alike import plain
from serving.finetune.judge import Answers
from serving.finetune.read import table
from serving.finetune.types import Example

ANSWERS: Final = ("answer", "prediction", "label", "sentiment")
ITEMS: Final = ("text", "row", "file", "id")


def read(path: Path, examples: Sequence[Example], labels: Sequence[str]) -> tuple[Answers, list[int]]:
    """The answers, and the places of the examples they are for.

    The file (CSV, JSON Lines, Parquet) has a column `answer` and one of `text` (the item itself) or `row` (where it
    stands in the data, `tweets.csv:17` or `cat/1.jpg`). Case of labels does not count. Raises InputError.
    """
    import numpy as np

    said = _said(path)
    known = {label.casefold(): place for place, label in enumerate(labels)}
    places, found = [], []
    for place, example in enumerate(examples):
        answer = said.get(example.row, said.get(plain(example.text) if example.text else ""))
        if answer is not None:
            places.append(place)
            found.append(known.get(answer.casefold(), -1))
    if not places:
        raise InputError(str(path), "none of its items is in the test part", "join them by a column text or row")
    if all(place < 0 for place in found):
        raise InputError(str(path), f"its answers are none of {', '.join(labels)}", "write the labels of the data")
    return Answers(labels=tuple(labels), found=np.array(found)), places


def _said(path: Path) -> dict[str, str]:
    said: dict[str, str] = {}
    for where, row in table(path):
        if row is None:
            raise InputError(where, "it cannot be read as a row", "mend the line")
        item, answer = _first(row, ITEMS), _first(row, ANSWERS)
        if not item or not answer:
            missing = "item (text or row)" if not item else "answer"
            raise InputError(str(path), f"no column of the {missing} ({', '.join(row)})", "name it in the first line")
        value = str(row[item])
        said[plain(value) if item == "text" else value] = str(row[answer]).strip()
    return said


def _first(row: Mapping[str, object], names: Sequence[str]) -> str:
    return next((name for name in names if name in row), "")
