"""`breakeven report` as a user runs it."""

import json
import re
import shlex
from pathlib import Path

from infra.costs.people import salaries
from tests.infra.costs.stacks import INSTANCE, export, row
from tests.scripts.command import breakeven

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>')


def data_of(page: Path) -> dict[str, object]:
    found = DATA.search(page.read_text(encoding="utf-8"))
    assert found
    document: dict[str, object] = json.loads(found[1])
    return document


def test_one_file_with_everything_in_it_is_written_and_named(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = breakeven("report", "--stack", "prod", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{out}: {out.stat().st_size:,} bytes\n"
    page = out.read_text(encoding="utf-8")
    assert re.findall(r"<(?:link|img|iframe)\b|\bsrc=|@import|url\(", page) == []
    headings = {"Recommendation", "What turns the answer", "Cost over 36 months", "Assumptions", "Prices"}
    assert headings <= set(re.findall(r">([^<>]+)</h[23]>", page))


def test_options_set_where_the_sliders_stand_and_files_stay_in_the_command(tmp_path: Path) -> None:
    out, workload = tmp_path / "page.html", tmp_path / "my workload.toml"
    workload.write_text("[people]\nengineers = 3\n", encoding="utf-8")
    options = ["--volume", "4_000_000", "--peak", "5", "--people-share", "0.2", "--spot-share", "0.4"]
    done = breakeven("report", "--stack", "dev", "--workload", str(workload), *options, "--out", str(out))
    assert done.returncode == 0, done.stderr
    data = data_of(out)
    settings = {"volume": "4000000", "peak": "5", "share": "20.0", "engineers": "3"}
    assert data["settings"] == {**settings, "salary": f"{salaries()['us'].per_year}"}
    assert data["positions"][data["own"]]["percent"] == "40"  # type: ignore[index]
    assert data["command"] == ["breakeven preview --stack dev", f"--workload {shlex.quote(str(workload))}"]


def test_a_page_of_any_stack_file_and_of_standard_input(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = breakeven(
        "report", "--file", "-", "--out", str(out), stdin=export(row(INSTANCE, "web", instanceType="t3.micro"))
    )
    assert done.returncode == 0, done.stderr
    assert data_of(out)["traffic"] is False


def test_the_same_stack_gives_the_same_page(tmp_path: Path) -> None:
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    assert [breakeven("report", "--stack", "small", "--out", str(page)).returncode for page in pages] == [0, 0]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_what_cannot_be_is_told_in_one_line(tmp_path: Path) -> None:
    nowhere = breakeven("report", "--stack", "small", "--out", str(tmp_path / "none" / "page.html"))
    assert nowhere.returncode == 3
    assert nowhere.stderr.count("\n") == 1
    assert "give a file in a folder that can be written" in nowhere.stderr
    unknown = breakeven("report", "--stack", "prdo", "--out", str(tmp_path / "page.html"))
    assert unknown.returncode == 3
    assert "did you mean prod" in unknown.stderr
    assert breakeven("report", "--peak", "0.5", "--out", str(tmp_path / "page.html")).returncode == 3
    assert not list(tmp_path.iterdir())
