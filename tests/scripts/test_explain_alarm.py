"""`breakeven explain-alarm`: every alarm in a line, one with its runbook, in the names of the stack that is asked."""

import pytest

from infra.runbooks import read
from tests.scripts.command import breakeven


def test_without_a_name_every_alarm_has_one_line() -> None:
    lines = breakeven("explain-alarm").stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(read())]] == list(read())
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["no-instance", "breakeven-prod-no-instance"])
def test_an_alarm_is_explained_by_its_label_or_its_whole_name_in_the_stacks_own_names(name: str) -> None:
    done = breakeven("explain-alarm", name, "--stack", "prod")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Alarm no-instance    docs/operations.md#alarm-no-instance\n")
    assert "--auto-scaling-group-name breakeven-prod-fleet" in done.stdout
    assert "dev" not in done.stdout
    prose = [line for line in done.stdout.splitlines() if not line.startswith("    ")]
    assert max(map(len, prose)) <= 80


def test_a_window_of_a_burn_rate_is_explained_by_its_pair() -> None:
    assert breakeven("explain-alarm", "latency-slow-30m").stdout.startswith("Alarm latency-slow ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("no-instanc",), "breakeven: alarm no-instanc: it has no runbook, did you mean 'no-instance'?"),
        (("errors", "--stack", "nope"), "breakeven: stack nope: no such stack"),
    ],
)
def test_what_is_not_known_ends_with_one_line(arguments: tuple[str, ...], told: str) -> None:
    done = breakeven("explain-alarm", *arguments)
    assert done.returncode == 3
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1
