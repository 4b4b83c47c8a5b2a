"""`breakeven sentiment` as a user runs it, with the real model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.scripts.command import ROOT, breakeven
from tests.serving.documents.run.scene import BAD, GOOD, many, texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = texts(tmp_path / "in", good=GOOD, bad=BAD, empty="")
    (made / "picture.xyz").write_text("no document")
    return made


def one_line(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.startswith("breakeven: ")]
    assert len(lines) == 1, stderr
    return lines[0]


def test_rows_go_to_standard_output_and_words_to_standard_error(folder: Path) -> None:
    done = breakeven("sentiment", str(folder), "--types", "pdf,word,txt", "--workers", "1")
    assert done.returncode == 0, done.stderr
    rows = {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert {name: row.get("label", row.get("reason")) for name, row in rows.items()} == {
        "bad.txt": "negative",
        "empty.txt": "empty",
        "good.txt": "positive",
    }
    assert "3 documents, 2 with a result, 1 failed" in done.stderr.splitlines()


def test_results_and_summary_are_files_and_a_second_run_goes_on(folder: Path, tmp_path: Path) -> None:
    given = ("sentiment", str(folder), "--types", "txt", "-o", str(tmp_path / "r.parquet"), "--workers", "1")
    done = breakeven(*given, "--summary", str(tmp_path / "s.html"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:3] == [
        "3 documents, 2 with a result, 1 failed",
        "labels   negative 1, positive 1",
        "failed   empty 1",
    ]
    assert "1 x .xyz" in (tmp_path / "s.html").read_text()
    again = breakeven(*given)
    assert (again.returncode, again.stdout) == (3, "")
    assert "it is there already; add --resume" in one_line(again.stderr)
    resumed = breakeven(*given, "--resume", "--strict")
    assert resumed.returncode == 11
    assert one_line(resumed.stderr) == "breakeven: 1 of 3 documents: no result; the rows say why"
    other = breakeven(*given, "--resume", "--keep-text")
    assert other.returncode == 3
    assert "it was made with keep_text false, not true" in one_line(other.stderr)


def test_a_run_in_which_everything_failed_is_a_failure(tmp_path: Path) -> None:
    done = breakeven("sentiment", str(texts(tmp_path / "in", a="", b="")), "--workers", "1")
    assert done.returncode == 11
    assert one_line(done.stderr) == "breakeven: every document: no result; the rows say why"


def test_a_folder_without_documents_is_fine(tmp_path: Path) -> None:
    done = breakeven("sentiment", str(tmp_path), "--workers", "1")
    assert (done.returncode, done.stdout) == (0, "")
    assert "0 documents, 0 with a result, 0 failed" in done.stderr.splitlines()


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    folder, results = many(tmp_path / "in", 400), tmp_path / "r.jsonl"
    run = subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "sentiment", str(folder), "--results", str(results), "--workers", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while run.poll() is None and not (results.exists() and results.stat().st_size):
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate(timeout=150)
    assert run.returncode == 130
    assert one_line(stderr) == f"breakeven: stopped: what is done is in {results}; go on with --resume"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no/such"], 3, "no/such: there is no such folder; check the path"),
        ([".", "--types", "docx"], 3, 'document type "docx": there is no such type; did you mean "word"?'),
        ([".", "--limit", "second=3"], 3, "limit second: there is no such limit; did you mean seconds?"),
        ([".", "--limit", "seconds=soon"], 3, "limit seconds: 'soon' is no number; write seconds=NUMBER"),
        ([".", "--limit", "pages"], 3, "limit pages: '' is no whole number"),
        ([".", "--results", "x.csv"], 3, "x.csv: its name does not say the format"),
        ([".", "--results", "/no/x.jsonl"], 3, "/no/x.jsonl: No such file or directory"),
        ([".", "--model", "minilmm"], 3, "did you mean minilm?"),
        ([".", "--stack", "no-such-stack", "--engine", "stack"], 3, "stack no-such-stack: no such stack"),
        ([".", "--resume"], 2, "--resume goes on with --results"),
        ([".", "--engine", "stack"], 2, "--engine stack needs --stack NAME"),
        ([".", "--engine", "magic"], 2, "magic"),
    ],
)
def test_what_cannot_be_used_is_said_without_a_traceback(arguments: list[str], code: int, said: str) -> None:
    done = breakeven("sentiment", *arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
