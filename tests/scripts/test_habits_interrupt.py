"""Ctrl-C at any moment: code 130, a line or nothing, no half-written file, no process left. And lines of progress."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.infra.account.answers import Aws
from tests.scripts.account import account
from tests.scripts.command import ROOT

MOMENTS = (0.4, 1.2, 2.5)
# What a shell shows as 130: our own code, or Python ended by the signal itself, as before it has begun to run anything.
INTERRUPTED = (130, -signal.SIGINT)


def start(line: str, **streams: int) -> "subprocess.Popen[str]":
    """A verb in a process group of its own, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", *line.split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )


def ends_cleanly(run: "subprocess.Popen[str]", lines: int = 1) -> None:
    """What must hold after Ctrl-C, which a terminal sends to the whole group; a run may have been done before."""
    done = run.poll() is not None
    if not done:
        os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=150)
    assert run.returncode in INTERRUPTED or (run.returncode == 0 and done), errors
    assert "Traceback" not in errors
    # Progress that was written before aside.
    assert len([line for line in errors.splitlines() if line.startswith("breakeven: ")]) <= lines
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    "line",
    [
        "preview --stack prod --json",
        "check",
        "compare --stack small --stack dev --stack prod",
        "report --stack dev --out {folder}/page.html",
        "simulate --stack dev --shape bursts --days 2 --engine exact --out {folder}/page.html",
        "plan --stack dev --shape bursts --days 30 --write {folder}/new.yaml",
        "cheapest --all-types",
    ],
    ids=lambda line: line.split()[0],
)
def test_a_verb_that_computes_stops(line: str, moment: float, tmp_path: Path) -> None:
    run = start(line.format(folder=tmp_path))
    time.sleep(moment)
    ends_cleanly(run)
    whole = {"page.html": "</html>", "new.yaml": "config:"}
    for path in tmp_path.iterdir():
        assert whole[path.name] in path.read_text(encoding="utf-8")


def test_a_price_book_is_not_left_in_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with account(Aws(), monkeypatch, tmp_path):
        run = start(f"prices refresh --region eu-central-1 --out {out}/book.toml")
        time.sleep(1.0)
        ends_cleanly(run)
    assert [path.name for path in out.iterdir()] in ([], ["book.toml"])


@pytest.mark.parametrize("moment", [1.0, 12.0])
def test_a_server_stops_with_its_workers(moment: float) -> None:
    """Ctrl-C is how `serve` is meant to end once it is ready; before, it was interrupted."""
    run = start("serve minilm --backend batcher --workers 1 --port 8391")
    time.sleep(moment)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=90)
    assert run.returncode in (0, *INTERRUPTED), errors
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


def answered(run: "subprocess.Popen[bytes]", terminal: int, sent: bytes) -> int:
    """The code after an answer, which is given again where the line editor was not there yet and threw it away."""
    for _ in range(30):
        os.write(terminal, sent)
        try:
            return run.wait(timeout=1)
        except subprocess.TimeoutExpired:
            continue
    run.kill()
    return run.wait()


def test_an_answer_that_is_ctrl_c_is_an_interruption_and_the_end_of_input_a_no() -> None:
    code = (
        "import typer\nfrom scripts.cli.verb import App\napp = App()\napp.callback()(lambda: None)\n"
        "@app.command()\ndef ask(): print(typer.confirm('Go on?'))\n"
        "@app.command()\ndef other(): pass\napp()"
    )
    for sent, expected in ((b"\x03", 130), (b"\x04", 1), (b"n\n", 0)):
        ours, theirs = pty.openpty()
        run = subprocess.Popen(
            [sys.executable, "-c", f"import os, fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n{code}", "ask"],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        shown = b""
        while b"Go on?" not in shown:
            shown += os.read(ours, 1000)
        assert answered(run, ours, sent) == expected
        os.close(ours)


def on_a_terminal(line: str) -> tuple[int, str]:
    """What standard error shows where it is a terminal."""
    ours, theirs = pty.openpty()
    run = start(line, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 10_000)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return run.wait(timeout=150), shown.decode()


@pytest.mark.parametrize("line", ["preview --stack prod", "compare --stack prod", "access --stack prod"])
def test_what_takes_longer_than_a_second_says_so_on_a_terminal_and_cleans_up(line: str) -> None:
    began = time.monotonic()
    code, shown = on_a_terminal(line)
    assert code == 0
    if time.monotonic() - began > 2.5:  # a machine on which it takes less shows nothing
        assert "Running the program of stack prod ... 1 s" in shown
        assert shown.endswith("\r\x1b[K")
    assert on_a_terminal(f"{line} --quiet") == (0, "")


def test_nothing_is_drawn_into_a_pipe() -> None:
    run = start("preview --stack prod")
    _, errors = run.communicate(timeout=150)
    assert errors == ""
