"""Documents through the queue of a stack: the worker program beside a real model server, and who sends to it."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from serving import detect_sentiment
from serving.documents.engines import stack
from serving.documents.engines.types import Options
from serving.documents.plan import Plan
from serving.documents.types import Row, Source
from tests.serving.archives import shipped
from tests.serving.node.depot import Depot, depot, settings_of, stopped, worker
from tests.serving.node.world import until
from tests.serving.servers import Running, running

GOOD, BAD = b"A wonderful film, and a delight from start to end.", b"It broke after a day. Nobody answers. Terrible."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The sentiment model on the batcher, one worker."""
    archive = shipped("sentiment", tmp_path_factory)
    with running("batcher", archive, tmp_path_factory.mktemp("served"), workers=1) as found:
        yield found


@pytest.fixture
def stored(aws: None) -> Iterator[Depot]:
    with depot() as found:
        yield found


@contextmanager
def held(server: Running) -> Iterator[None]:
    """The server takes requests and answers none: its workers stand still."""
    until(lambda: not server.backend.metrics().in_flight)
    workers = psutil.Process(server.backend.pid).children(recursive=True)
    # A process that a worker started for a moment may be gone by then.
    for one in workers:
        with suppress(psutil.NoSuchProcess):
            one.suspend()
    try:
        yield
    finally:
        for one in workers:
            with suppress(psutil.NoSuchProcess):
                one.resume()


def a_folder(folder: Path, files: dict[str, bytes]) -> list[Source]:
    kinds = {".txt": "txt", ".html": "html", ".docx": "word"}
    found = []
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        found.append(Source(id=name, path=path, kind=kinds[path.suffix], size_bytes=len(body)))
    return found


def sent_through(stored: Depot, sources: list[Source], run: str, folder: Path) -> dict[str, list[Row]]:
    """What comes back; a source that came back twice fails."""
    options = Options(cache=folder, run=run, outputs=stored.outputs)
    found: dict[str, list[Row]] = {}
    for source, rows in stack.run(iter(sources), Plan(), options):
        assert source.id not in found
        found[source.id] = rows
    return found


def test_a_folder_goes_through_the_stack_once_and_every_document_comes_back(
    stored: Depot, server: Running, tmp_path: Path
) -> None:
    name = "近況/good news + 100%.txt"
    files = {name: GOOD, "bad.html": b"<p>" + BAD + b"</p>", "empty.txt": b"", "broken.docx": b"PK\x03\x04 no zip"}
    sources = a_folder(tmp_path / "in", files)
    gone = Source(id="gone.txt", path=tmp_path / "in" / "gone.txt", kind="txt", size_bytes=5)
    with worker(settings_of(stored, server, tmp_path / "state")) as program:
        rows = sent_through(stored, [*sources, gone], "one", tmp_path)
        until(lambda: stored.waiting() == (0, 0))
        first = stored.sent("")
        again = sent_through(stored, sources, "one", tmp_path)
        assert stored.waiting() == (0, 0)
        said = stopped(program)
    assert program.returncode == 0, said
    # A plan lies under its own digest, and is written at each start.
    assert {key: at for key, at in stored.sent("").items() if not key.startswith("plans/")} == {
        key: at for key, at in first.items() if not key.startswith("plans/")
    }
    assert again == {key: value for key, value in rows.items() if key != "gone.txt"}
    assert all(row.id == row.data["id"] == key for key, found in rows.items() for row in found)
    assert {key: found[0].data.get("label", found[0].data.get("reason")) for key, found in rows.items()} == {
        name: "positive",
        "bad.html": "negative",
        "empty.txt": "empty",
        "broken.docx": "broken",
        "gone.txt": "unreadable",
    }
    assert rows[name][0].data["model"] == "sentiment"
    assert [letter[1] for letter in stored.dead_letters()] == ["broken", "empty"]
    assert all(sentence.endswith(".") for _, _, sentence in stored.dead_letters())
    assert stored.waiting() == (0, 0)


def test_the_one_call_does_it_by_a_stack(stored: Depot, server: Running, tmp_path: Path) -> None:
    a_folder(tmp_path / "in", {"good.txt": GOOD, "deep/bad.html": b"<p>" + BAD + b"</p>"})
    with worker(settings_of(stored, server, tmp_path / "state")):
        found = detect_sentiment(tmp_path / "in", ["txt", "html"], engine="stack", outputs=stored.outputs)
    assert {row["id"]: row["label"] for row in found} == {"good.txt": "positive", "deep/bad.html": "negative"}


def test_what_others_put_there_is_read_by_the_stacks_own_plan(stored: Depot, server: Running, tmp_path: Path) -> None:
    stored.put("uploads/letters/a b.txt", GOOD)
    stored.put("uploads/letters/photo.xyz", b"...")
    with worker(settings_of(stored, server, tmp_path)):
        until(lambda: len(stored.keys("results/")) == 2)
        until(lambda: stored.waiting() == (0, 0))
    (row,) = stored.rows("results/letters/a b.txt.jsonl")
    assert (row["id"], row["label"]) == ("letters/a b.txt", "positive")
    (refused,) = stored.rows("results/letters/photo.xyz.jsonl")
    assert refused["reason"] == "other-type"


def test_a_worker_that_is_killed_leaves_its_documents_to_the_next_one(
    stored: Depot, server: Running, tmp_path: Path
) -> None:
    stored.put("uploads/a.txt", GOOD)
    with held(server), worker(settings_of(stored, server, tmp_path)) as first:
        until(lambda: server.backend.metrics().in_flight)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert stored.keys("results/") == []
    stored.hold_ends()
    with worker(settings_of(stored, server, tmp_path)):
        until(lambda: stored.keys("results/") == ["results/a.txt.jsonl"])
        until(lambda: stored.waiting() == (0, 0))
    assert stored.dead_letters() == []


def test_a_worker_that_must_leave_gives_back_what_it_cannot_finish(
    stored: Depot, server: Running, tmp_path: Path
) -> None:
    stored.put("uploads/a.txt", GOOD)
    with held(server), worker(settings_of(stored, server, tmp_path, drain_seconds=1)) as program:
        until(lambda: server.backend.metrics().in_flight)
        said = stopped(program)
    assert program.returncode == 0, said
    assert stored.waiting() == (1, 0), "nobody holds it any more"
    assert stored.keys("results/") == []
    assert not (tmp_path / "documents" / "work").exists()


def test_a_worker_that_must_leave_finishes_what_it_can(stored: Depot, server: Running, tmp_path: Path) -> None:
    stored.put("uploads/a.txt", GOOD)
    with worker(settings_of(stored, server, tmp_path)) as program:
        with held(server):
            until(lambda: server.backend.metrics().in_flight)
            program.send_signal(signal.SIGTERM)
            stored.put("uploads/late.txt", GOOD)
        _, said = program.communicate(timeout=150)
    assert program.returncode == 0, said
    assert stored.keys("results/") == ["results/a.txt.jsonl"]
    assert stored.waiting() == (1, 0), "the late one is for another instance"


def test_a_worker_that_takes_long_to_end_is_not_ended_by_its_own_clock(
    stored: Depot, server: Running, tmp_path: Path
) -> None:
    slow = (
        "import atexit, sys, time\nif 'serving.node.documents' in sys.orig_argv:\n    atexit.register(time.sleep, 3)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(slow)
    stored.put("uploads/a.txt", GOOD)
    with worker(settings_of(stored, server, tmp_path, drain_seconds=1), PYTHONPATH=str(tmp_path)) as program:
        until(lambda: stored.keys("results/") == ["results/a.txt.jsonl"] and stored.waiting() == (0, 0))
        start = time.monotonic()
        said = stopped(program)
    assert time.monotonic() - start > 3
    assert (program.returncode, said.count("drained and stopped"), said.count("Drained")) == (0, 1, 0), said


def test_what_documents_say_is_neither_logged_nor_in_dead_letters_nor_in_rows(
    stored: Depot, server: Running, tmp_path: Path
) -> None:
    mark = b"Zaphod-4711-geheim"
    bodies = {
        "good.txt": GOOD + mark,
        "odd.html": b"<p " + mark + b"=><script>" + mark + b"</script>\xff" + BAD,
        "broken.docx": b"PK\x03\x04" + mark,
        "bytes.txt": bytes(range(256)) + mark,
    }
    for name, body in bodies.items():
        stored.put(f"uploads/{name}", body)
    with worker(settings_of(stored, server, tmp_path / "state")) as program:
        until(lambda: len(stored.keys("results/")) == len(bodies) and stored.waiting() == (0, 0))
        said = stopped(program)
    rows = [row for key in stored.keys("results/") for row in stored.rows(key)]
    assert {row["status"] for row in rows} == {"ok", "failed"}
    assert "working the queue" in said
    word = mark.decode()
    assert word not in said
    assert word not in repr(rows)
    assert word not in repr(stored.dead_letters())
    places = [*server.launch.work.rglob("*"), *(tmp_path / "state").rglob("*")]
    assert [path.name for path in places if path.is_file() and mark in path.read_bytes()] == []
