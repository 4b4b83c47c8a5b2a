"""A stop at any byte: the results are brought to whole documents, and those are known as done."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from serving.documents.journal import Journal, line_of
from serving.documents.limits import Limits
from serving.documents.plan import Plan, Step
from serving.documents.resume import Record, Seen, forget_failed, repair
from serving.documents.types import Row
from serving.errors import InputError
from tests.serving.documents.run.scene import failed, row

GROUPS = (
    ["a.txt", [row("a.txt", text=["höchst 良い"])]],
    ["b.zip", [row(f"b.zip!/{n}.txt", archive="b.zip", member=[n, 3]) for n in (1, 2, 3)]],
    ["c.pdf", [failed("c.pdf")]],
    ["d.eml", [row("d.eml", archive="d.eml", member=[1, 1])]],
)


def written(path: Path) -> list[bytes]:
    """The bytes of each source, as a journal holds them."""
    with Journal(path) as journal:
        for _, rows in GROUPS:
            journal.write(rows)
    return [b"".join(map(line_of, rows)) for _, rows in GROUPS]


def test_rows_are_one_line_each_and_come_back_equal(tmp_path: Path) -> None:
    parts = written(tmp_path / "r.jsonl")
    assert (tmp_path / "r.jsonl").read_bytes() == b"".join(parts)
    lines = (tmp_path / "r.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [row.data for _, rows in GROUPS for row in rows]


def test_a_cut_at_any_byte_leaves_whole_sources_and_forgets_the_rest(tmp_path: Path) -> None:
    parts = written(tmp_path / "whole.jsonl")
    whole, journal = b"".join(parts), tmp_path / "cut.jsonl"
    for cut in range(len(whole) + 1):
        journal.write_bytes(whole[:cut])
        seen: list[str] = []
        lost = repair(journal, seen.append)
        count = max(n for n in range(len(parts) + 1) if len(b"".join(parts[:n])) <= cut)
        assert seen == [name for name, _ in GROUPS[:count]]
        assert journal.read_bytes() == b"".join(parts[:count])
        assert lost == cut - len(b"".join(parts[:count]))


def test_failed_sources_are_forgotten_whole_and_nothing_else(tmp_path: Path) -> None:
    journal = tmp_path / "r.jsonl"
    parts = written(journal)
    mixed = [
        row("e.zip!/1", archive="e.zip", member=[1, 2]),
        row("e.zip!/2", status="failed", archive="e.zip", member=[2, 2]),
    ]
    with Journal(journal) as rows:
        rows.write(mixed)
    assert forget_failed(journal) == 2
    assert journal.read_bytes() == parts[0] + parts[1] + parts[3]
    assert forget_failed(journal) == 0


@pytest.mark.parametrize("rubbish", [b"\0" * 300, b'{"id"\n', b"[]\n", b'{"no": "id"}\n', b"\xff\xfe\n"])
def test_what_is_no_row_is_cut_off_with_all_behind_it(tmp_path: Path, rubbish: bytes) -> None:
    parts = written(tmp_path / "r.jsonl")
    (tmp_path / "r.jsonl").write_bytes(parts[0] + rubbish + parts[2])
    seen: list[str] = []
    repair(tmp_path / "r.jsonl", seen.append)
    assert seen == ["a.txt"]
    assert (tmp_path / "r.jsonl").read_bytes() == parts[0]


def test_an_archive_that_is_not_whole_is_not_done_even_with_rows_behind_it(tmp_path: Path) -> None:
    parts = written(tmp_path / "r.jsonl")
    torn = b"".join(line_of(one) for one in GROUPS[1][1][:2])
    (tmp_path / "r.jsonl").write_bytes(parts[0] + torn + parts[2])
    seen: list[str] = []
    repair(tmp_path / "r.jsonl", seen.append)
    assert seen == ["a.txt"]


def test_seen_knows_what_it_was_told_whatever_the_name() -> None:
    names = ["a", "a b/ü.txt", "\udcff.txt", "x" * 5_000, "'; DROP TABLE seen; --"]
    with Seen() as seen:
        for name in names:
            seen.add(name)
            seen.add(name)
        assert len(seen) == len(names)
        assert all(name in seen for name in names)
        assert "b" not in seen


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "r.jsonl"), pytest.raises(InputError, match="another run is writing it"):
        Journal(tmp_path / "r.jsonl")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"keep_text": True}, "keep_text false, not true"),
        ({"ocr": "off"}, "ocr auto, not off"),
        ({"limits": Limits(seconds=5)}, "limits.seconds 600.0, not 5"),
        ({"steps": (Step(kinds=("pdf",), model="minilm"),)}, "steps "),
        ({"document_types": ("pdf",)}, "document_types "),
    ],
)
def test_another_plan_is_refused_by_the_name_of_what_differs(
    tmp_path: Path, change: dict[str, object], named: str
) -> None:
    path = tmp_path / "r.run.json"
    Record.new(tmp_path, Plan()).write(path)
    now = Record.new(tmp_path, replace(Plan(), **change))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"made with {named}"):
        Record.read(path).resumed(now, Path("r.jsonl"))


def test_the_same_plan_goes_on_under_the_same_name(tmp_path: Path) -> None:
    path = tmp_path / "r.run.json"
    before = replace(Record.new(tmp_path, Plan()), seconds=5.0, finished=True)
    before.write(path)
    again = Record.read(path).resumed(Record.new(tmp_path, Plan()), Path("r.jsonl"))
    assert (again.run, again.seconds, again.finished) == (before.run, 5.0, False)
    with pytest.raises(InputError, match="made with folder"):
        Record.read(path).resumed(Record.new(tmp_path / "other", Plan()), Path("r.jsonl"))


@pytest.mark.parametrize("content", [None, "", "[]", '{"x": 1}'])
def test_results_without_a_sound_record_are_not_touched(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "r.jsonl.run.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"r\.jsonl\.run\.json: .*; write to another file"):
        Record.read(path)


def test_a_plan_comes_back_from_json_equal() -> None:
    plan = Plan(
        steps=(Step(kinds=("pdf",), model="m", read="page"),), ocr_languages=("eng", "jpn"), limits=Limits(pages=3)
    )
    assert Plan.of_json(json.loads(json.dumps(plan.as_json()))) == plan


def test_a_name_that_is_no_utf8_stays_json_for_everybody(tmp_path: Path) -> None:
    line = line_of(Row(id="\udcff", data={"id": "\udcff"}))
    assert line == b'{"id":"\\udcff"}\n'
