"""`breakeven decide` as a user runs it: flags, a file, questions on a terminal, errors in one line."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripts.command import ROOT, breakeven

SMALL = ("--stack", "small", "--format", "json")


def test_flags_come_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "situation.toml"
    file.write_text('volume_per_month = 50_000_000\ntried = "works"\ngrowth_per_month = 0.01\n', encoding="utf-8")
    done = breakeven("decide", "--file", str(file), "--volume", "200,000", "--set", "opt_out=yes", *SMALL)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    said = document["situation"]
    assert (said["volume_per_month"], said["tried"], said["growth_per_month"]) == ("200000", "works", "0.01")
    assert said["opt_out"] is True
    assert document["recommendation"] == "api"


def test_all_stacks_are_ways_to_host_and_a_task_has_its_own_model() -> None:
    done = breakeven("decide", "--task", "sentiment", "--volume", "100_000_000", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["side"] == "host"
    names = {row["name"].split(" on ")[0] for row in document["numbers"]["options"] if row["key"] == "self-hosted"}
    assert names == {"stack small", "stack dev", "stack prod"}
    assert not [row for row in document["numbers"]["options"] if row["forbidden"] and row["key"] == "self-hosted"]


def test_text_and_markdown_name_the_recommendation() -> None:
    text = breakeven("decide", "--stack", "small", "--volume", "200_000").stdout
    assert "Recommendation: try the managed API first" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "| assumption |" in breakeven("decide", "--stack", "small", "--format", "markdown").stdout


def test_no_question_is_asked_where_standard_input_is_no_terminal() -> None:
    done = breakeven("decide", *SMALL)
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--task", "image-label"), "did you mean 'image-labels'"),
        (("--set", "nonsense=1"), "unknown key"),
        (("--set", "opt_out"), "write KEY=VALUE"),
        (("--people-share", "2"), "out of range"),
        (("--stack", "nowhere"), "no such stack"),
        (("--file", "nowhere.toml"), "no such file"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = breakeven("decide", *arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_on_a_terminal_it_asks_for_what_was_not_given_and_enter_keeps_the_default() -> None:
    near, far = pty.openpty()
    command = [sys.executable, "-m", "scripts.cli", "decide", "--task", "image-labels", *SMALL]
    running = subprocess.Popen(
        command, cwd=ROOT, stdin=far, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, close_fds=True
    )
    os.close(far)
    # The second answer cannot be: it is asked again. Everything else is left as it is.
    os.write(near, b"400000\n9\n0.02\n" + b"\n" * 20)
    out, err = running.communicate(timeout=100)
    os.close(near)
    assert running.returncode == 0, err
    said = json.loads(out)["situation"]
    assert (said["volume_per_month"], said["growth_per_month"], said["tried"]) == ("400000", "0.02", "untried")
    assert err.count("growth_per_month: growth from") == 2
    assert "task:" not in err
    assert "out of range" in err
