"""The engine `processes`: whatever a document does to its worker, every document gets its row."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from serving.documents.engines.processes import Pool
from serving.documents.engines.types import Options
from serving.documents.plan import Plan
from serving.documents.types import Source
from serving.errors import InputError, ServingError
from tests.serving.documents.run.scene import PUPPET, pool, sources, statuses, texts
from tests.serving.servers import gone

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("guilty", ["die", "raise", "die while predicting"])
def test_only_the_document_that_ends_its_worker_fails(tmp_path: Path, guilty: str, workers: int) -> None:
    folder = texts(tmp_path, **{f"d{n:02}": guilty if n in (17, 33) else "fine" for n in range(40)})
    with pool(workers) as at_work:
        found = statuses(at_work.work(sources(folder)))
    assert len(found) == 40
    assert {name for name, status in found.items() if status == "crashed"} == {"d17.txt", "d33.txt"}
    assert set(found.values()) == {"ok", "crashed"}


def test_a_crash_says_how_the_process_ended(tmp_path: Path) -> None:
    with pool() as at_work:
        rows = {source.id: row.data for source, (row,) in at_work.work(sources(texts(tmp_path, a="die", b="raise")))}
    assert rows["a.txt"]["message"] == "The process that worked on it was ended by SIGSEGV."
    assert rows["b.txt"]["message"] == "The process that worked on it ended with code 1 (RuntimeError: a bug)."


def test_a_worker_that_somebody_kills_costs_no_document(tmp_path: Path) -> None:
    folder = texts(tmp_path / "in", a="fine", b=f"die once {tmp_path / 'mark'}", c="fine")
    with pool() as at_work:
        assert set(statuses(at_work.work(sources(folder))).values()) == {"ok"}
    assert (tmp_path / "mark").exists()


def test_a_document_over_its_time_is_ended_and_the_others_go_on(tmp_path: Path) -> None:
    folder = texts(tmp_path, a="fine", b="hang", c="fine", d="fine")
    with pool(seconds=0.5) as at_work:
        found = statuses(at_work.work(sources(folder)))
    assert found == {"a.txt": "ok", "b.txt": "timeout", "c.txt": "ok", "d.txt": "ok"}


def test_a_document_with_many_pages_has_the_time_of_its_pages(tmp_path: Path) -> None:
    folder = texts(tmp_path, a="pages 10")
    with pool(seconds=0.5, seconds_per_page=0.6) as at_work:
        assert statuses(at_work.work(sources(folder))) == {"a.txt": "ok"}
    with pool(seconds=0.5, seconds_per_page=0.01) as at_work:
        assert statuses(at_work.work(sources(folder))) == {"a.txt": "timeout"}


def test_what_a_worker_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pool(seconds=1) as at_work:
        assert statuses(at_work.work(sources(texts(tmp_path / "in", a=f"child {note}")))) == {"a.txt": "timeout"}
        assert gone(int(note.read_text()))


def test_sources_are_drawn_only_as_fast_as_rows_are_taken(tmp_path: Path) -> None:
    folder, drawn = texts(tmp_path, **{f"d{n:03}": "fine" for n in range(400)}), 0

    def counted() -> Iterator[Source]:
        nonlocal drawn
        for source in sources(folder):
            drawn += 1
            yield source

    with pool(2) as at_work:
        done = at_work.work(counted())
        for taken in range(1, 101):
            next(done)
            assert drawn <= taken + 200
        done.close()


def test_a_pool_can_work_again(tmp_path: Path) -> None:
    with pool() as at_work:
        for _ in range(2):
            assert len(statuses(at_work.work(sources(texts(tmp_path, a="fine", b="die"))))) == 2


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [("fatal", InputError, "model x: no such model; use y"), ("unready", ServingError, "no module named x")],
)
def test_what_no_worker_gets_over_ends_the_run(tmp_path: Path, said: str, error: type[Exception], words: str) -> None:
    plan, options = replace(Plan(), endpoint=said), Options(cache=tmp_path, run="r", workers=2)
    with Pool(plan, options, command=PUPPET) as at_work, pytest.raises(error, match=words):
        list(at_work.work(sources(texts(tmp_path, a="fine"))))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_stays_behind_a_run_that_is_ended(tmp_path: Path, how: signal.Signals) -> None:
    note = tmp_path / "pid"
    folder = texts(tmp_path / "in", a=f"child {note}")
    program = (
        "import sys; from pathlib import Path; from tests.serving.documents.run.scene import *\n"
        "with pool() as p:\n    list(p.work(sources(Path(sys.argv[1]))))\n"
    )
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    run = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], env=environment, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    while not (note.exists() and note.read_text()):
        assert run.poll() is None
        time.sleep(0.02)
    started = [one.pid for one in psutil.Process(run.pid).children(recursive=True)]
    assert int(note.read_text()) in started
    run.send_signal(how)
    assert run.wait(10) != 0
    assert all(map(gone, started))
    until = time.monotonic() + 5
    while list((tmp_path / "tmp").iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    assert list((tmp_path / "tmp").iterdir()) == []
