"""`breakeven simulate`, and the trace in `breakeven report`, as a user runs them."""

import csv
import json
import os
import re
import subprocess
import sys
from functools import cache
from math import sin
from pathlib import Path

import pytest

from tests.infra.costs.stacks import INSTANCE, export, row
from tests.scripts.command import ROOT, breakeven

REAL = ROOT.parent / "shared" / "traces" / "elb-request-count-5min.csv"
OUTSIDE = r"<(?:link|img|iframe)\b|\bsrc=|@import|url\("
SMALL = ("simulate", "--stack", "small", "--days", "0.25")
CROWDED = (*SMALL, "--volume", "90_000_000", "--engine", "fluid")


def trace(path: Path, steps: int = 144, level: float = 1.0) -> Path:
    """Half a day in steps of five minutes, with a wave in it."""
    lines = [
        f"2026-03-02T{n // 12:02}:{n % 12 * 5:02}:00Z,{level * (300 + 250 * sin(n / 20)):.0f}" for n in range(steps)
    ]
    path.write_text("\n".join(["timestamp,requests", *lines, ""]), encoding="utf-8")
    return path


@cache
def told(form: str, *options: str) -> str:
    done = breakeven(*CROWDED, "--break-even", *options, "--format", form)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_three_forms_say_the_same() -> None:
    document, text, markdown = json.loads(told("json")), told("text"), told("markdown")
    arrived = f"{float(document['requests']['arrived']):,.0f}"
    usd = f"{float(document['usd_a_month']['simulated']):,.2f}"
    assert document["requests"]["lost"]
    assert not document["objective"]["held"]
    # The text folds its lines; the words are the same.
    for said in (" ".join(text.split()), markdown):
        assert arrived in said
        assert usd in said
        assert f"{document['objective']['words']}: missed" in said
        assert all(note in said for note in document["notes"])
    assert all(column in text for column in ("demand", "instances", "p99", "lost"))


def test_every_request_is_accounted_for_and_the_series_adds_up() -> None:
    document = json.loads(told("json"))
    asked = document["requests"]
    arrived, answered, waiting = (float(asked[key]) for key in ("arrived", "answered", "waiting"))
    lost = sum(map(float, asked["lost"].values()))
    assert arrived == pytest.approx(answered + lost + waiting, rel=1e-6)
    assert sum(float(m["arrived"]) for m in document["series"]) == pytest.approx(arrived, rel=1e-6)
    assert sum(float(m["lost"]) for m in document["series"]) == pytest.approx(lost, rel=1e-6)


def test_the_break_even_with_bursts_is_in_every_form_and_progress_is_not() -> None:
    document = json.loads(told("json"))["break_even"]
    assert document["volume"]["per_month"] == json.loads(told("json"))["volume"]["per_month"]
    assert document["rows"]
    for one in document["rows"]:
        ends = [span[1] for side in ("steady", "simulated") for span in one[side]["self_hosted_wins"]]
        # Bursts end what the average rule thinks can be served.
        assert float(ends[1]) < float(ends[0])
    assert re.search(r"^Break-even +steady +with bursts", told("text"), re.MULTILINE)
    assert "| Self-hosting wins | steady | with bursts (simulated) |" in told("markdown")
    done = breakeven(*CROWDED, "--break-even", "--format", "json")
    assert done.stdout == told("json")
    assert all("of what the maximum can do" in line for line in done.stderr.splitlines())
    assert len(done.stderr.splitlines()) >= 2
    without = breakeven(*CROWDED, "--format", "json")
    assert without.stderr == ""
    assert "break_even" not in json.loads(without.stdout)


def test_the_text_fits_a_terminal() -> None:
    assert [line for line in told("text").splitlines() if len(line) > 80] == []


def test_a_missed_objective_is_an_exit_code_only_where_asked_for() -> None:
    missed = breakeven(*CROWDED, "--strict")
    assert (missed.returncode, missed.stderr) == (12, "")
    assert "missed" in missed.stdout
    assert breakeven(*CROWDED).returncode == 0
    assert breakeven(*SMALL, "--strict").returncode == 0
    assert breakeven(*SMALL, "--strict", "--latency-ms", "20").returncode == 12


@pytest.mark.parametrize("shape", ["steady", "weekly", "flash_crowd", "office_hours*growth"])
def test_made_traffic_has_the_workloads_volume(shape: str) -> None:
    made = ("--shape", shape, "--days", "1", "--engine", "fluid")
    done = breakeven("simulate", "--stack", "small", *made, "--volume", "1_000_000", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert float(document["volume"]["per_month"]) == pytest.approx(1e6, rel=1e-3)
    assert document["trace"]["seconds"] == "86400"


def test_a_file_has_its_own_volume_unless_another_is_asked_for(tmp_path: Path) -> None:
    file = trace(tmp_path / "requests.csv")
    with file.open(encoding="utf-8") as rows:
        total = sum(float(row["requests"]) for row in csv.DictReader(rows))
    own = json.loads(breakeven("simulate", "--trace", str(file), "--format", "json").stdout)
    assert float(own["requests"]["arrived"]) == pytest.approx(total, rel=0.02)
    scaled = breakeven("simulate", "--trace", str(file), "--volume", "20_000_000", "--format", "json")
    assert float(json.loads(scaled.stdout)["volume"]["per_month"]) == pytest.approx(20e6, rel=0.02)


def test_the_same_seed_gives_the_same_run() -> None:
    once, again, other = (breakeven(*SMALL, "--seed", seed, "--format", "json").stdout for seed in ("7", "7", "8"))
    assert once == again
    assert once != other


@pytest.mark.skipif(not REAL.is_file(), reason="the real trace is not beside the project")
def test_a_real_trace(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = breakeven("simulate", "--trace", str(REAL), "--volume", "100_000_000", "--out", str(out), "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["trace"]["start"].startswith("2014-04-10")
    assert float(document["volume"]["per_month"]) == pytest.approx(1e8, rel=1e-3)
    page = out.read_text(encoding="utf-8")
    assert len(re.findall(r"<tr><th scope=\"row\">2014-04-", page)) == len(document["series"])


def test_the_page_is_one_file_and_the_report_stays_on_standard_output(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = breakeven(*CROWDED, "--break-even", "--out", str(out), "--format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == told("json")
    assert done.stderr.splitlines()[-1] == f"{out}: {out.stat().st_size:,} bytes"
    page = out.read_text(encoding="utf-8")
    assert re.findall(OUTSIDE + "|<script", page) == []
    assert "Objective missed" in page
    assert "Break-even with bursts" in page


def test_the_report_shows_a_trace_at_its_own_volume(tmp_path: Path) -> None:
    out, file = tmp_path / "page.html", trace(tmp_path / "requests.csv")
    done = breakeven(
        "report", "--stack", "small", "--volume", "3_000_000", "--trace", str(file), "--days", "0.25", "--out", str(out)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}: {out.stat().st_size:,} bytes\n"
    page = out.read_text(encoding="utf-8")
    assert re.findall(OUTSIDE, page) == []
    assert {"Under traffic: requests", "Break-even with bursts", "Assumptions"} <= set(
        re.findall(r">([^<>]+)</h[23]>", page)
    )
    (volume,) = re.findall(r"([\d,]+) images a month; USD without people", page)
    assert float(volume.replace(",", "")) == pytest.approx(3e6, rel=0.02)
    rows = re.findall(r'<tr><th scope="row">2026-03-02 [\d:]+</th>', page)
    assert len(rows) == 360


WRONG = [
    (("--trace", "none.csv"), "No such file"),
    (("--trace", "bad.csv"), "line 3"),
    (("--shape", "dayly"), "no shape"),
    (("--shape", "daily", "--trace", "good.csv"), "give one of them"),
    (("--share", "1.5"), "give shares"),
    (("--trace", "good.csv", "--out", "none/page.html"), "no such folder"),
    (("--trace", "zero.csv", "--break-even"), "no requests"),
    (("--trace", "late.csv", "--break-even"), "no requests"),
    (("--trace", "zero.csv", "--volume", "1_000_000"), "no requests"),
]


@pytest.mark.parametrize(("options", "reason"), WRONG)
def test_what_cannot_be_is_told_in_one_line(options: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    trace(tmp_path / "good.csv", steps=6)
    trace(tmp_path / "zero.csv", steps=6, level=0)
    # Two weeks of nothing, which is all that the break-even looks at, and then a request.
    late = ("timestamp,requests", "2026-03-02T00:00:00Z,0", "2026-03-09T00:00:00Z,0", "2026-03-16T00:00:00Z,1")
    (tmp_path / "late.csv").write_text("\n".join(late) + "\n")
    (tmp_path / "bad.csv").write_text("timestamp,requests\n2026-03-02T00:00:00Z,1\n2026-03-02T00:05:00Z,x\n")
    there = [str(tmp_path / option) if "." in option and "5" not in option else option for option in options]
    done = breakeven("simulate", "--stack", "small", *there)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
    assert done.stderr.startswith("breakeven: ")
    assert reason in done.stderr
    assert not list(tmp_path.glob("*.html"))


def test_a_stack_without_a_group_cannot_be_simulated(tmp_path: Path) -> None:
    file = trace(tmp_path / "requests.csv", steps=6)
    stack = export(row(INSTANCE, "web", instanceType="t3.micro"))
    for verb in (("simulate",), ("report", "--out", str(tmp_path / "page.html"))):
        done = breakeven(*verb, "--file", "-", "--trace", str(file), stdin=stack)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
        assert "no autoscaling group" in done.stderr


def test_the_report_takes_no_days_without_a_trace(tmp_path: Path) -> None:
    for option in (("--days", "3"), ("--trace-form", "csv")):
        done = breakeven("report", "--stack", "small", *option, "--out", str(tmp_path / "page.html"))
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)
        assert f"{option[0]}: there is no trace" in done.stderr


def test_without_jinja2_it_says_what_to_install_before_it_simulates(tmp_path: Path) -> None:
    (tmp_path / "jinja2.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", *SMALL, "--out", str(tmp_path / "page.html")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "breakeven: the page: jinja2 is not installed; pip install -e '.[report]'\n"
