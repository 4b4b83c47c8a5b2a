"""Results as they are read back: lines or Parquet, the same rows."""

from pathlib import Path

import pytest
from pyarrow import parquet as pq

from serving.documents import parquet
from serving.documents.journal import Journal
from serving.documents.results import Results
from serving.documents.types import Row
from serving.errors import InputError
from tests.serving.documents.run.scene import failed, row

ROWS = (
    row("a.txt", text=["eins", "zwei"], notes=["Cut."]),
    failed("b.pdf"),
    row("c.zip!/1.txt", archive="c.zip", member=[1, 2]),
    failed("c.zip!/2.pdf", "encrypted"),
    row("d.txt", passages=[], page_results=[], something_new={"x": [1]}),
)


def journal(path: Path, rows: tuple[Row, ...] = ROWS) -> Path:
    with Journal(path) as file:
        for one in rows:
            file.write([one])
    return path


def test_parquet_gives_back_the_rows_of_its_lines(tmp_path: Path) -> None:
    lines, target = journal(tmp_path / "r.jsonl"), tmp_path / "r.parquet"
    parquet.convert(lines, target)
    assert list(Results(target)) == list(Results(lines)) == [one.data for one in ROWS]
    assert len(Results(target)) == len(Results(lines)) == len(ROWS)
    assert [one["id"] for one in Results(target).failures] == ["b.pdf", "c.zip!/2.pdf"]
    assert list(parquet.ids(target)) == ["a.txt", "b.pdf", "c.zip", "c.zip!/2.pdf", "d.txt"]


def test_parquet_columns_are_typed_so_that_other_tools_can_ask(tmp_path: Path) -> None:
    parquet.convert(journal(tmp_path / "r.jsonl"), tmp_path / "r.parquet")
    table = pq.read_table(tmp_path / "r.parquet")
    assert str(table.schema.field("score").type) == "double"
    assert str(table.schema.field("page_results").type).startswith("list<element: struct<page: int64, method: string")
    assert table.column("label").to_pylist() == ["positive", None, "positive", None, "positive"]
    assert table.column("page_results").to_pylist()[0][0]["turned"] == 90


def test_more_rows_come_after_those_that_are_there(tmp_path: Path) -> None:
    target = tmp_path / "r.parquet"
    parquet.convert(journal(tmp_path / "1.jsonl", ROWS[:2]), target)
    parquet.convert(journal(tmp_path / "2.jsonl", ROWS[2:]), target)
    assert list(Results(target)) == [one.data for one in ROWS]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.jsonl", "2.jsonl", "r.parquet"]


def test_many_rows_are_many_groups(tmp_path: Path) -> None:
    rows = tuple(row(f"{number}.txt") for number in range(4_500))
    parquet.convert(journal(tmp_path / "r.jsonl", rows), tmp_path / "r.parquet")
    assert pq.ParquetFile(tmp_path / "r.parquet").num_row_groups == 3
    assert [one["id"] for one in Results(tmp_path / "r.parquet")] == [one.id for one in rows]


def test_a_name_that_is_no_utf8_can_be_stored(tmp_path: Path) -> None:
    parquet.convert(journal(tmp_path / "r.jsonl", (row("\udcff.txt"),)), tmp_path / "r.parquet")
    assert [one["id"] for one in Results(tmp_path / "r.parquet")] == ["\\udcff.txt"]


def test_what_is_no_results_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "r.parquet").write_text("no")
    with pytest.raises(InputError, match=r"r\.parquet: cannot be read"):
        list(Results(tmp_path / "r.parquet"))
    with pytest.raises(InputError, match=r"r\.csv: its name does not say the format; end it with \.jsonl or \.parquet"):
        list(Results(tmp_path / "r.csv"))
