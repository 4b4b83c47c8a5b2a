"""`breakeven simulate` and `breakeven plan` as a user runs them."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tests.scripts.command import breakeven

HOUR = 12


@pytest.fixture
def trace(tmp_path: Path) -> str:
    """An hour in steps of five minutes: calm, then ten minutes at three times what one instance does."""
    rates = [20] * 6 + [225] * 2 + [20] * 4
    rows = [f"2026-01-05T{9 + n // HOUR:02d}:{5 * (n % HOUR):02d}:00Z,{rate * 300}" for n, rate in enumerate(rates)]
    path = tmp_path / "requests.csv"
    path.write_text("timestamp,requests\n" + "\n".join(rows) + "\n")
    return str(path)


def run(*arguments: str, code: int = 0) -> str:
    done = breakeven(*arguments)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_a_burst_is_shown_with_what_it_costs(trace: str) -> None:
    text = run("simulate", "--stack", "dev", "--trace", trace)
    assert "503, the server's queue was full" in text
    assert "missed" in text
    for name in ("demand", "instances", "p99", "lost"):
        assert f"\n{name:<10}|" in text
    assert "# breakeven simulate" in run("simulate", "--trace", trace, "--format", "markdown")


def test_every_request_is_in_the_document_and_the_same_seed_gives_the_same(trace: str) -> None:
    told = ("simulate", "--trace", trace, "--format", "json", "--seed", "3")
    found = json.loads(run(*told))
    requests = found["requests"]
    lost = sum(map(Decimal, requests["lost"].values()))
    assert Decimal(requests["answered"]) + lost + Decimal(requests["waiting"]) == Decimal(requests["arrived"])
    assert sum(Decimal(moment["arrived"]) for moment in found["series"]) == Decimal(requests["arrived"])
    assert found["engine"] == "exact"
    assert json.loads(run(*told)) == found


def test_a_missed_objective_is_an_exit_code_where_asked(trace: str) -> None:
    run("simulate", "--trace", trace, "--strict", code=12)
    run("simulate", "--trace", trace, "--strict", "--latency-ms", "29000", "--share", "0.2", "--lost", "0.8")


def test_a_shape_has_the_volume_and_the_peak_of_the_workload() -> None:
    found = json.loads(run("simulate", "--shape", "daily", "--days", "2", "--volume", "3_000_000", "--format", "json"))
    assert Decimal(found["volume"]["per_month"]) == pytest.approx(Decimal(3_000_000), rel=Decimal("0.02"))
    rates = [Decimal(moment["arrived"]) / Decimal(moment["seconds"]) for moment in found["series"]]
    hours = [sum(rates[n : n + 60]) / 60 for n in range(0, len(rates), 60)]
    assert max(hours) / (sum(hours) / len(hours)) == pytest.approx(3, rel=0.15)


def test_the_plan_is_a_stack_file_that_holds_the_objective(trace: str, tmp_path: Path) -> None:
    written = tmp_path / "Pulumi.mine.yaml"
    told = ("plan", "--trace", trace, "--type", "g4dn.xlarge", "--quiet", "--write", str(written))
    text = run(*told)
    assert "Planned: " in text
    assert "Its instances cost" in text
    values = yaml.safe_load(written.read_text())["config"]
    assert values["breakeven:maxSize"] >= 3
    document = json.loads(run(*told, "--format", "json"))
    assert document["planned"]["holds"] is True
    assert document["planned"]["settings"]["maxSize"] == values["breakeven:maxSize"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("simulate", "--trace", "nowhere.csv"), "nowhere.csv: cannot be read"),
        (("simulate", "--shape", "waves"), "no shape is named so"),
        (("simulate", "--share", "2"), "give shares from 0 to 1"),
        (("plan", "--type", "t3.medium", "-q"), "type t3.medium: no capacity with resnet50 is known"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    done = breakeven(*arguments)
    assert done.returncode == 3
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
