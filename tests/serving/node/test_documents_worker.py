"""The worker of the queue with an engine that does what a test says: what is tried again, and what is not."""

import os
import re
import resource
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import REGION, Call, Interception
from serving.digest import sha256_of
from serving.documents import layout
from serving.documents.engines.types import Done, Engine, Options
from serving.documents.limits import Limits
from serving.documents.plan import Plan, Step
from serving.documents.types import KINDS, Row, Source
from serving.errors import ServingError
from serving.node.documents import worker_of
from serving.node.documents_process import COMMAND
from serving.node.settings import NodeSettings
from tests.infra.engine_faults import refusal
from tests.serving.node.depot import ROOT, Depot, depot
from tests.serving.node.world import an_archive, serving, until


class Ping(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(params=[3])
def stored(aws: Interception, request: pytest.FixtureRequest) -> Iterator[Depot]:
    with depot(request.param) as found:
        yield found


def said(*rows: dict[str, Any]) -> Engine:
    """An engine that makes these rows of every source."""

    def engine(sources: Iterator[Source], plan: Plan, options: Options) -> Iterator[Done]:
        for source in sources:
            assert source.path.read_bytes()
            data = [{"id": source.id, "kind": source.kind, **row} for row in rows]
            yield source, [Row(id=row["id"], data=row) for row in data]

    return engine


def down(sources: Iterator[Source], plan: Plan, options: Options) -> Iterator[Done]:
    next(sources)
    raise ServingError("http://127.0.0.1", "it does not answer", "see its log")
    yield


def failed(reason: str) -> dict[str, Any]:
    return {"status": "failed", "reason": reason, "message": f"It is {reason}."}


def worked(stored: Depot, engine: Engine, folder: Path) -> None:
    """Run a worker until its engine has had its documents, or the queue is empty without it."""
    archive, stop, over = an_archive(folder / "small.mar"), threading.Event(), threading.Event()

    def noted(sources: Iterator[Source], plan: Plan, options: Options) -> Iterator[Done]:
        try:
            yield from engine(sources, plan, options)
        finally:
            over.set()

    with serving(Ping) as address:
        settings = NodeSettings(
            model="small", archive=str(archive), archive_sha256=sha256_of(archive), state=folder, region=REGION,
            port=int(address.rpartition(":")[2]), queue_url=stored.queue, dead_letter_url=stored.dead,
            document_bucket=stored.bucket,
        )  # fmt: skip
        worker = threading.Thread(target=worker_of(settings, noted, stop).run)
        worker.start()
        try:
            until(lambda: over.is_set() or stored.waiting() == (0, 0))
        finally:
            stop.set()
            worker.join(timeout=120)


def test_a_documents_own_fault_is_a_result_and_a_dead_letter_and_is_not_tried_again(
    stored: Depot, tmp_path: Path
) -> None:
    stored.put("uploads/a b.txt", b"text")
    worked(stored, said(failed("encrypted")), tmp_path)
    (row,) = stored.rows("results/a b.txt.jsonl")
    assert (row["id"], row["reason"]) == ("a b.txt", "encrypted")
    assert stored.dead_letters() == [("uploads%2Fa+b.txt", "encrypted", "It is encrypted.")]
    assert stored.waiting() == (0, 0)


def test_what_may_pass_is_left_to_the_queue_for_another_try(stored: Depot, tmp_path: Path) -> None:
    stored.put("uploads/a.txt", b"text")
    worked(stored, down, tmp_path)
    assert stored.waiting() == (0, 1), "it waits a while before it is handed out again"
    assert stored.keys("results/") == []
    assert stored.dead_letters() == []
    stored.hold_ends()
    worked(stored, said({"status": "ok", "label": "a"}), tmp_path)
    assert stored.rows("results/a.txt.jsonl")[0]["label"] == "a"
    assert stored.waiting() == (0, 0)


@pytest.mark.parametrize("stored", [1], indirect=True)
@pytest.mark.parametrize("engine", [down, said(failed("prediction"))])
def test_the_last_try_says_why_it_failed(stored: Depot, engine: Engine, tmp_path: Path) -> None:
    stored.put("uploads/a.txt", b"text")
    worked(stored, engine, tmp_path)
    assert stored.rows("results/a.txt.jsonl")[0]["reason"] == "prediction"
    assert [reason for _, reason, _ in stored.dead_letters()] == ["prediction"]
    assert stored.waiting() == (0, 0)


def test_an_archive_of_which_something_could_be_read_is_no_dead_letter(stored: Depot, tmp_path: Path) -> None:
    stored.put("uploads/x/a.zip", b"zip", **layout.metadata("ä.zip", ""))
    rows = ({"status": "ok", "archive": "x/a.zip", "id": "x/a.zip!/1.txt"}, {**failed("empty"), "id": "x/a.zip!/2.txt"})
    worked(stored, said(*rows), tmp_path)
    found = stored.rows("results/x/a.zip.jsonl")
    assert [(row["id"], row.get("archive")) for row in found] == [("ä.zip!/1.txt", "ä.zip"), ("ä.zip!/2.txt", None)]
    assert stored.dead_letters() == []


def test_what_need_not_be_read_is_refused_before(stored: Depot, tmp_path: Path) -> None:
    plans = {
        "limit": Plan(limits=Limits(file_bytes=3), steps=(Step(kinds=KINDS, model="small"),)),
        "unsupported": Plan(steps=(Step(kinds=KINDS, model="another"),)),
        "other-type": Plan(document_types=("pdf",), steps=(Step(kinds=KINDS, model="small"),)),
    }
    for reason, plan in plans.items():
        digest, body = layout.packed_plan(plan)
        stored.put(layout.plan_key(digest), body)
        stored.put(f"uploads/{reason}.txt", b"text", plan=digest)
    worked(stored, said({"status": "ok"}), tmp_path)
    for reason in plans:
        assert stored.rows(f"results/{reason}.txt.jsonl")[0]["reason"] == reason
    assert sorted(reason for _, reason, _ in stored.dead_letters()) == sorted(plans)


def test_a_message_that_is_none_of_s3_goes_to_the_dead_letters(stored: Depot, tmp_path: Path) -> None:
    for body in ("hello", "[]", '{"Records": []}', '{"Records": [{"eventName": "ObjectRemoved:Delete"}]}'):
        stored.send(body)
    worked(stored, said({"status": "ok"}), tmp_path)
    assert stored.waiting() == (0, 0)
    assert stored.waiting(stored.dead) == (4, 0)


@contextmanager
def refusing(aws: Interception, *actions: str) -> Iterator[None]:
    """S3 refuses some actions, as it does while the key of an object is disabled."""

    def refuse(call: Call) -> str | None:
        return refusal("s3", "KMS.DisabledException") if call.action in actions else None

    aws.refuse = refuse
    try:
        yield
    finally:
        aws.refuse = None


@contextmanager
def full_disk() -> Iterator[None]:
    """Files of this process end at a MiB; the file system answers a write above it as it answers a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_cannot_be_fetched_stored_or_answered_is_done_once_the_fault_is_mended(
    stored: Depot, aws: Interception, tmp_path: Path
) -> None:
    for name, body in (("fetched", b"text"), ("stored", bytes(2 << 20)), ("answered", b"text")):
        stored.put(f"uploads/{name}.txt", body)
    engine = said({"status": "ok", "label": "a"})
    bucket = f"/{stored.bucket}"
    faults = (f"GET {bucket}/uploads/fetched.txt", f"PUT {bucket}/results/answered.txt.jsonl")
    with full_disk(), refusing(aws, *faults):
        worked(stored, engine, tmp_path)
    assert stored.waiting() == (0, 3)
    assert stored.dead_letters() == []
    assert stored.keys("results/") == []
    stored.hold_ends()
    worked(stored, engine, tmp_path)
    assert len(stored.keys("results/")) == 3
    assert stored.waiting() == (0, 0)


def test_a_worker_whose_disk_is_full_ends_in_one_line_and_leaves_the_queue_alone(stored: Depot, tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "small.mar")
    stored.put("uploads/a.txt", b"text")
    settings = NodeSettings(
        model="small", archive=str(archive), archive_sha256=sha256_of(archive), state=tmp_path, region=REGION,
        queue_url=stored.queue, dead_letter_url=stored.dead, document_bucket=stored.bucket,
    )  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 0; exec "$@"', "worker", *COMMAND],  # noqa: S607
        cwd=ROOT, env={**os.environ, **settings.environment()}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == ServingError.exit_code
    assert re.fullmatch(rf"ERROR {tmp_path}/documents: it cannot be written \(.+\); free space there .*\n", done.stderr)
    assert stored.waiting() == (2, 0), "the document, and what S3 sends to try the way"


@pytest.mark.parametrize("stored", [1], indirect=True)
def test_a_document_that_is_gone_before_it_is_read_ends_as_a_row_that_says_so(stored: Depot, tmp_path: Path) -> None:
    stored.put("uploads/a.txt", b"text")
    stored.delete("uploads/a.txt")
    worked(stored, said({"status": "ok"}), tmp_path)
    (row,) = stored.rows("results/a.txt.jsonl")
    assert row["reason"] == "unreadable"
    assert "key does not exist" in row["message"]
    assert [reason for _, reason, _ in stored.dead_letters()] == ["unreadable"]
