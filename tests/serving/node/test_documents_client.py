"""Who sends documents to a stack: nothing twice, nothing lost, and a reason for what does not come back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.documents import layout
from serving.documents.engines import stack
from serving.documents.engines.types import Options
from serving.documents.limits import Limits
from serving.documents.plan import Plan, Step
from serving.documents.types import KINDS, Source
from serving.errors import InputError, ServingError
from tests.serving.node.depot import Depot, depot


@pytest.fixture
def stored(aws: None) -> Iterator[Depot]:
    with depot() as found:
        yield found


def source(folder: Path, name: str, body: bytes = b"text") -> Source:
    path = folder / name
    path.write_bytes(body)
    return Source(id=name, path=path, kind="txt", size_bytes=len(body))


def ran(stored: Depot, folder: Path, *sources: Source, plan: Plan | None = None, **outputs: str) -> dict[str, Any]:
    """The first row of each source."""
    options = Options(cache=folder, run="one", outputs={**stored.outputs, **outputs})
    return {one.id: rows[0].data for one, rows in stack.run(iter(sources), plan or Plan(), options)}


def answered(stored: Depot, name: str, label: str, plan: Plan | None = None) -> None:
    """An instance has written the result of a document."""
    row = {"id": name, "status": "ok", "label": label}
    digest = layout.packed_plan(plan or Plan())[0]
    stored.put(f"results/one/{name}.jsonl", json.dumps(row).encode(), plan=digest)


def test_what_was_sent_before_is_not_sent_again_unless_it_has_changed(stored: Depot, tmp_path: Path) -> None:
    answered(stored, "a.txt", "positive")
    ran(stored, tmp_path, source(tmp_path, "a.txt"))
    first = stored.sent("uploads/")
    assert ran(stored, tmp_path, source(tmp_path, "a.txt"))["a.txt"]["label"] == "positive"
    # The test message of S3, and one upload.
    assert stored.waiting() == (2, 0)
    assert stored.sent("uploads/") == first
    ran(stored, tmp_path, source(tmp_path, "a.txt", b"another text"))
    assert stored.waiting() == (3, 0)


def test_the_result_of_another_plan_is_not_taken_for_one_of_this(stored: Depot, tmp_path: Path) -> None:
    answered(stored, "a.txt", "positive", Plan(keep_text=True))
    stored.bury("uploads/one/a.txt", reason="empty", message="Nothing is in it.")
    row = ran(stored, tmp_path, source(tmp_path, "a.txt"))["a.txt"]
    assert (row["status"], row["reason"], row["message"]) == ("failed", "empty", "Nothing is in it.")


def test_a_document_that_no_instance_finished_ends_as_a_row_and_stays_in_the_dead_letter_queue(
    stored: Depot, tmp_path: Path
) -> None:
    answered(stored, "b.txt", "negative")
    stored.bury("uploads/one/a.txt")
    stored.bury("uploads/other/b.txt")
    rows = ran(stored, tmp_path, source(tmp_path, "a.txt"), source(tmp_path, "b.txt"))
    assert (rows["a.txt"]["reason"], rows["b.txt"]["label"]) == ("crashed", "negative")
    assert sum(stored.waiting(stored.dead)) == 2


def test_a_document_above_the_limit_is_not_sent(stored: Depot, tmp_path: Path) -> None:
    plan = Plan(limits=Limits(file_bytes=10))
    row = ran(stored, tmp_path, source(tmp_path, "a.txt", b"x" * 11), plan=plan)["a.txt"]
    assert (row["reason"], row["message"]) == ("limit", "The file has 11 bytes, and 10 are the limit.")
    assert stored.keys("uploads/") == []


def test_a_stack_that_cannot_do_it_says_so_in_one_line(stored: Depot, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^stack: it takes no documents in; set breakeven:intake to true"):
        ran(stored, tmp_path, documentBucket="")
    with pytest.raises(InputError, match=r"^model minilm: the stack serves sentiment; "):
        ran(stored, tmp_path, plan=Plan(steps=(Step(kinds=KINDS, model="minilm"),)))
    with pytest.raises(
        InputError, match=r"^redact: with the engine stack whole documents leave this machine; use --engine"
    ):
        ran(stored, tmp_path, plan=Plan(redact=True))
    assert stored.keys("") == []
    with pytest.raises(ServingError, match=r"^s3://no-such-bucket/plans/\w+\.json: .*NoSuchBucket"):
        ran(stored, tmp_path, documentBucket="no-such-bucket")


@pytest.mark.parametrize(
    "name", ["a b/ü+%.txt", "x" * 2000 + ".pdf", "bad\udcff.txt", "line\nbreak.html", "../up.txt", "a//b.txt", "~.docx"]
)
def test_every_name_has_a_key_that_s3_takes_and_keeps_its_kind(name: str) -> None:
    key = layout.upload_key("run", name)
    assert len(layout.result_key(key).encode()) <= 1024
    assert key.isprintable()
    assert not {"..", "."} & set(key.split("/"))
    assert key.rpartition(".")[2] == name.rpartition(".")[2]
    said = layout.metadata(name, "0" * 64)
    assert all(value.isascii() for value in said.values())
    assert layout.id_of(key, said) == (name if len(name) < 500 else key.removeprefix("uploads/"))


def test_who_uploads_may_tighten_limits_but_not_loosen_them() -> None:
    asked = Plan(limits=Limits(pages=7, memory_bytes=10**15), endpoint="http://elsewhere", endpoint_auth="iam")
    found = layout.unpacked_plan(layout.packed_plan(asked)[1])
    assert (found.limits.pages, found.limits.memory_bytes) == (7, Limits().memory_bytes)
    assert (found.endpoint, found.endpoint_auth) == ("", "none")
    with pytest.raises(InputError, match=r"^plan of the documents: it cannot be read"):
        layout.unpacked_plan(b'{"steps": [], "unheard": 1}')


def test_the_stack_and_its_documents_agree_on_the_folders_of_the_bucket() -> None:
    from infra import naming

    assert (layout.UPLOADS, layout.RESULTS, layout.PLANS) == (
        naming.UPLOAD_PREFIX,
        naming.RESULT_PREFIX,
        naming.PLAN_PREFIX,
    )


def test_an_instance_takes_no_plan_that_would_redact_what_has_left_already() -> None:
    _, body = layout.packed_plan(Plan(redact=True))
    with pytest.raises(InputError, match="documents are redacted where they are read, before they leave"):
        layout.unpacked_plan(body)
    _, body = layout.packed_plan(Plan())
    assert layout.unpacked_plan(body) == Plan()
