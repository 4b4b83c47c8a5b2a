"""`breakeven decide` as a user runs it: flags, a file, questions on a terminal, errors in one line."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.costs.decide import about
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
        (("--set", "=yes"), "write KEY=VALUE"),
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


def test_every_flag_sets_a_value_that_is_asked_for() -> None:
    flags = {
        "task": ("task", "sentiment"),
        "volume": ("volume_per_month", "12345"),
        "growth": ("growth_per_month", "0.02"),
        "peak": ("peak_to_average", "4"),
        "hours": ("hours_open_per_day", "11"),
        "idle": ("idle_share", "0.15"),
        "latency": ("latency_ms", "432"),
        "data": ("data_may_leave", "vetted"),
        "customisation": ("customisation", "full-control"),
        "engineers": ("engineers", "3"),
        "people-share": ("people_share", "0.25"),
        "salary-region": ("salary_region", "europe"),
        "importance": ("importance", "main"),
        "availability": ("availability_percent", "99.5"),
        "response": ("response_hours", "6"),
        "repair": ("repair", "someone-else"),
        "budget": ("budget_per_month", "777"),
        "tried": ("tried", "model-works"),
    }
    done = breakeven("decide", *(word for flag, (_, value) in flags.items() for word in (f"--{flag}", value)), *SMALL)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)["situation"]
    assert {key: said[key] for key, _ in flags.values()} == dict(flags.values())
    assert {key for key, _ in flags.values()} == {key for key, rule in about().items() if rule["asked"]}


def test_a_workload_of_another_unit_is_not_answered_as_if_it_were_images(tmp_path: Path) -> None:
    workload = tmp_path / "workload.toml"
    workload.write_text('[volume]\nunit = "minutes"\n', encoding="utf-8")
    done = breakeven("decide", "--workload", str(workload), *SMALL)
    assert (done.returncode, done.stdout) == (3, "")
    assert "no task is counted in 'minutes'" in done.stderr
    situation = tmp_path / "situation.toml"
    situation.write_text('task = "sentiment"\n', encoding="utf-8")
    done = breakeven("decide", "--workload", str(workload), "--file", str(situation), *SMALL)
    assert json.loads(done.stdout)["numbers"]["unit"] == "texts"


def test_a_stack_named_twice_is_one_way_to_host() -> None:
    options = json.loads(breakeven("decide", "--stack", "small", *SMALL).stdout)["numbers"]["options"]
    assert len([row for row in options if row["key"] == "self-hosted"]) == 1


def on_a_terminal(*arguments: str) -> tuple[subprocess.Popen[str], int]:
    """The verb with a terminal as its standard input, and the end of it that one types at."""
    near, far = pty.openpty()
    command = [sys.executable, "-m", "scripts.cli", "decide", *arguments, *SMALL]
    running = subprocess.Popen(
        command, cwd=ROOT, stdin=far, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, close_fds=True
    )
    os.close(far)
    return running, near


@pytest.mark.parametrize(("end", "code"), [("interrupt", 130), ("end of input", 3)])
def test_giving_up_on_a_question_ends_without_an_answer_or_a_traceback(end: str, code: int) -> None:
    running, near = on_a_terminal()
    assert running.stderr
    first = running.stderr.read(4)
    if end == "interrupt":
        running.send_signal(signal.SIGINT)
    else:
        os.write(near, b"\x04")
    out, err = running.communicate(timeout=200)
    os.close(near)
    assert first == "task"
    assert (running.returncode, out) == (code, "")
    assert "Traceback" not in err


def test_on_a_terminal_it_asks_for_what_was_not_given_and_enter_keeps_the_default() -> None:
    running, near = on_a_terminal("--task", "image-labels")
    # The second answer cannot be: it is asked again. Everything else is left as it is.
    os.write(near, b"400000\n9\n0.02\n" + b"\n" * 20)
    out, err = running.communicate(timeout=200)
    os.close(near)
    assert running.returncode == 0, err
    said = json.loads(out)["situation"]
    assert (said["volume_per_month"], said["growth_per_month"], said["tried"]) == ("400000", "0.02", "untried")
    assert err.count("growth_per_month: growth from") == 2
    asked = {key for key, rule in about().items() if rule["asked"]}
    # The terminal, not the program, ends the line that was typed.
    questions = err.replace("]: ", "]: \n").splitlines()
    assert {line.split(":")[0] for line in questions if line.split(":")[0] in about()} == asked - {"task"}
    assert max(map(len, questions)) <= 80
    assert out.startswith("{"), "standard output holds the answer alone"
    assert "out of range" in err
