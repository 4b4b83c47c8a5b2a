"""`detect_sentiment` as the article writes it, in processes of its own: here, killed, stopped, resumed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from serving import detect_sentiment
from serving.documents import Results
from serving.errors import InputError
from tests.serving.documents.run.scene import BAD, GOOD, many, texts

ROOT = Path(__file__).resolve().parents[4]
COUNT = 40


def script(words: str, cwd: Path, *arguments: str) -> dict[str, Any]:
    """How a user's script is run, in a folder of theirs."""
    (cwd / "script.py").write_text(words)
    command, environment = [sys.executable, "script.py", *arguments], {**os.environ, "PYTHONPATH": str(ROOT)}
    return {"args": command, "cwd": cwd, "env": environment, "text": True}


def program(words: str, cwd: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A script that is not waited for."""
    return subprocess.Popen(**script(words, cwd, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finished(words: str, cwd: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A script that has ended, well or not; one that does not end fails."""
    return subprocess.run(**script(words, cwd, *arguments), capture_output=True, timeout=600, check=False)


def by_id(rows: Iterator[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows without what no two runs share; fails where a document is there twice."""
    found: dict[str, Any] = {}
    for row in rows:
        assert row["id"] not in found
        found[row["id"]] = {name: value for name, value in row.items() if name != "seconds"}
    return found


def same(one: Any, other: Any) -> bool:
    """Equal, but for scores: what is predicted together with what moves them by some 1e-7."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(abs(one - other) < 1e-4) if isinstance(one, float) else bool(one == other)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, and two that have no result."""
    made = many(tmp_path_factory.mktemp("documents"), COUNT)
    texts(made / "part0", empty="")
    (made / "broken.pdf").write_bytes(b"%PDF-1.7 no more than that")
    return made


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> dict[str, Any]:
    return by_id(iter(detect_sentiment(folder, document_types=["pdf", "word", "txt"], workers=1)))


def test_a_script_needs_no_guard_and_modules_beside_it_do_no_harm(tmp_path: Path) -> None:
    texts(tmp_path / "folder", good=GOOD, bad=BAD)
    for name in ("json", "types", "numpy", "email"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "folder").symlink_to(tmp_path / "folder")
    words = (
        "import serving\n"
        'for row in serving.detect_sentiment("./folder", document_types=["pdf", "word", "txt"]):\n'
        '    print(row["id"], row["label"])\n'
    )
    run = finished(words, tmp_path / "home")
    assert run.returncode == 0, run.stderr
    assert sorted(run.stdout.splitlines()) == ["bad.txt negative", "good.txt positive"]
    assert run.stderr == ""


def test_documents_have_rows_whatever_they_are(undisturbed: dict[str, Any]) -> None:
    assert len(undisturbed) == COUNT + 2
    good = {f"part{n % 3}/d{n:03}.txt": "positive" if n % 2 else "negative" for n in range(COUNT)}
    assert {name: undisturbed[name].get("label") for name in good} == good
    assert undisturbed["part0/empty.txt"]["reason"] == "empty"
    assert undisturbed["broken.pdf"]["status"] == "failed"


def test_results_read_rows_from_a_file_that_goes_with_them(tmp_path: Path) -> None:
    found = detect_sentiment(texts(tmp_path, good=GOOD, empty=""), document_types=["txt"], workers=1)
    path = found.path
    assert (len(found), [row["id"] for row in found.failures]) == (2, ["empty.txt"])
    assert [row["id"] for row in found] == [row["id"] for row in found]
    assert (found.summary().labels, found.summary().reasons) == ({"positive": 1}, {"empty": 1})
    assert path.exists()
    del found
    assert not path.parent.exists()


@pytest.mark.parametrize(("form", "kills"), [("jsonl", 3), ("parquet", 1)])
def test_killed_anywhere_and_resumed_it_equals_an_undisturbed_run(
    folder: Path, undisturbed: dict[str, Any], tmp_path: Path, form: str, kills: int
) -> None:
    results = tmp_path / f"r.{form}"
    journal = results if form == "jsonl" else tmp_path / "r.parquet.jsonl"
    words = (
        "import sys; from serving import detect_sentiment\n"
        "detect_sentiment(sys.argv[1], ['pdf', 'word', 'txt'], results=sys.argv[2], resume=True, workers=1)\n"
    )
    dice = random.Random(form)
    for kill in range(kills):
        before = journal.stat().st_size if journal.exists() else 0
        run = program(words, tmp_path, str(folder), str(results))
        while run.poll() is None and (not journal.exists() or journal.stat().st_size == before):
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.2))
        run.kill()
        run.communicate()
        if journal.exists() and kill == 0:  # as a machine that lost its power might leave it
            with journal.open("r+b") as torn:
                torn.truncate(journal.stat().st_size - 7)
    last = finished(words, tmp_path, str(folder), str(results))
    assert last.returncode == 0, last.stdout + last.stderr
    assert same(by_id(iter(Results(results))), undisturbed)
    assert len(Results(results)) == COUNT + 2
    kept = {results.name, f"{results.name}.run.json", "script.py"}
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_ctrl_c_keeps_what_is_done(folder: Path, undisturbed: dict[str, Any], tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    words = (
        "import sys; from serving import detect_sentiment; detect_sentiment(sys.argv[1], ['txt'], results=sys.argv[2])"
    )
    run = program(words, tmp_path, str(folder), str(results))
    while run.poll() is None and not (results.exists() and results.stat().st_size):
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=120)
    assert run.returncode != 0
    done = by_id(iter(Results(results)))
    assert done
    assert all(same(row, undisturbed[name]) for name, row in done.items())
    assert json.loads((tmp_path / "r.jsonl.run.json").read_text())["finished"] is False


def test_a_finished_run_takes_only_what_is_new(tmp_path: Path) -> None:
    folder = texts(tmp_path / "in", a=GOOD)
    for form in ("r.jsonl", "r.parquet"):
        results = tmp_path / form
        first = detect_sentiment(folder, ["txt"], results=results, workers=1)
        before = list(first)
        assert list(detect_sentiment(folder, ["txt"], results=results, workers=1, resume=True)) == before
    texts(folder, b=BAD)
    for form in ("r.jsonl", "r.parquet"):
        after = list(detect_sentiment(folder, ["txt"], results=tmp_path / form, workers=1, resume=True))
        assert [row["id"] for row in after] == ["a.txt", "b.txt"]


def test_what_failed_is_done_again_only_when_asked(tmp_path: Path) -> None:
    folder, results = texts(tmp_path / "in", a=GOOD, b=""), tmp_path / "r.jsonl"
    first = {row["id"]: row["status"] for row in detect_sentiment(folder, ["txt"], results=results, workers=1)}
    assert first == {"a.txt": "ok", "b.txt": "failed"}
    texts(folder, b=BAD)
    left = detect_sentiment(folder, ["txt"], results=results, workers=1, resume=True)
    assert {row["id"]: row["status"] for row in left} == first
    mended = detect_sentiment(folder, ["txt"], results=results, workers=1, resume=True, retry_failed=True)
    assert [(row["id"], row["status"]) for row in mended] == [("a.txt", "ok"), ("b.txt", "ok")]
    with pytest.raises(InputError, match="retry_failed: it goes with resume; add resume=True"):
        detect_sentiment(folder, ["txt"], results=results, retry_failed=True)


def test_parquet_that_was_made_but_not_cleaned_up_repeats_nothing(tmp_path: Path) -> None:
    folder, results = texts(tmp_path / "in", a=GOOD, b=BAD), tmp_path / "r.parquet"
    lines = detect_sentiment(folder, ["txt"], results=tmp_path / "r.jsonl", workers=1)
    detect_sentiment(folder, ["txt"], results=results, workers=1)
    (tmp_path / "r.parquet.jsonl").write_bytes(lines.path.read_bytes())
    again = detect_sentiment(folder, ["txt"], results=results, workers=1, resume=True)
    assert sorted(row["id"] for row in again) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"document_types": ["docx"]}, 'document type "docx": there is no such type; did you mean "word"?'),
        ({"model": "sentimant"}, "model sentimant: no such folder in serving/models; did you mean sentiment"),
        ({"engine": "proceses"}, "engine proceses: there is no such engine; use one of processes, ray, stack"),
        ({"ocr": "magic"}, "ocr magic: there is no such setting; use one of auto, rapidocr, tesseract, off"),
        ({"workers": 0}, "workers 0: nobody would work; give 1 or more"),
        ({"results": "r.csv"}, "r.csv: its name does not say the format; end it with .jsonl or .parquet"),
        ({"resume": True}, "resume: there is no results file to go on with"),
        ({"endpoint": "nowhere", "results": "x.jsonl"}, "nowhere"),
        ({"workflow": "no.toml"}, "no.toml: No such file or directory"),
    ],
)
def test_settings_that_cannot_be_used_are_said_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    texts(tmp_path / "in", a=GOOD)
    with pytest.raises(InputError) as raised:
        detect_sentiment("in", **settings)
    assert said in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_results_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    folder, results = texts(tmp_path / "in", a=GOOD), tmp_path / "r.jsonl"
    results.write_text("mine\n")
    with pytest.raises(InputError, match="it is there already; add --resume to go on, or give another file"):
        detect_sentiment(folder, ["txt"], results=results)
    with pytest.raises(InputError, match="what the results were made with is unknown"):
        detect_sentiment(folder, ["txt"], results=results, resume=True)
    assert results.read_text() == "mine\n"


def test_the_door_is_light() -> None:
    words = "import sys; from serving import detect_sentiment; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    heavy = {"torch", "numpy", "pyarrow", "ray", "jinja2", "onnxruntime", "pypdfium2", "transformers", "httpx2"}
    assert heavy & set(loaded.split()) == set()
