"""Every alarm that a stack can have has a runbook, is linked to it, and no runbook is for an alarm that nobody has."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.record import ROOT, Recording
from infra.runbooks import find, read
from tests.infra.stack_variants import Row, canary, committed, of_type, trial

VARIANTS: dict[str, Callable[[], Recording]] = {
    "small": lambda: committed("small"),
    "dev": lambda: committed("dev"),
    "prod": lambda: committed("prod"),
    "canary": lambda: canary(alarms="all", intake=True),
    "zero by queue": lambda: trial(minSize=0, scaleToZero=True, intake=True),
    "zero by requests": lambda: trial(minSize=0, scaleToZero=True),
    "probe": lambda: trial(probe=True, alarms="few"),
}
KINDS = ("cloudwatch/metricAlarm:MetricAlarm", "cloudwatch/compositeAlarm:CompositeAlarm")


def alarms(recording: Recording) -> list[Row]:
    return [row for kind in KINDS for row in of_type(recording, kind)]


def linked(row: Row) -> str:
    found = re.search(r"Runbook: (?P<page>\S+)#alarm-(?P<label>[a-z0-9-]+)$", row["inputs"]["alarmDescription"])
    assert found, row["urn"]
    assert (ROOT / found["page"]).is_file()
    return found["label"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_alarm_is_linked_to_its_runbook_and_found_by_its_name(variant: str) -> None:
    recording, runbooks = VARIANTS[variant](), read()
    prefix = f"{recording.project}-{recording.stack}-"
    assert alarms(recording)
    for row in alarms(recording):
        name = row["inputs"].get("name") or row["inputs"]["alarmName"]
        label = linked(row)
        assert label in runbooks, name
        for called in (name, name.removeprefix(prefix)):
            assert find(called, runbooks).label == label
        assert find(name, runbooks, prefix).label == label


def test_no_runbook_is_for_an_alarm_that_no_stack_has() -> None:
    assert set(read()) == {linked(row) for make in VARIANTS.values() for row in alarms(make())}


def test_every_runbook_says_what_it_means_where_to_look_what_passes_and_what_to_do() -> None:
    for label, runbook in read().items():
        assert runbook.summary, label
        assert re.search(r"```console\n(aws|breakeven) ", runbook.text), label
        assert "**By itself.**" in runbook.text, label
        assert "**Do.**" in runbook.text, label


def test_commands_name_verbs_that_there_are_and_log_groups_that_a_stack_has() -> None:
    verbs = {path.stem.replace("_", "-") for path in (ROOT / "scripts" / "cli").glob("*.py")}
    groups = {row["inputs"]["name"] for row in of_type(committed("prod"), "cloudwatch/logGroup:LogGroup")}
    texts = "\n".join(runbook.text for runbook in read().values())
    assert set(re.findall(r"^breakeven ([a-z-]+)|`breakeven ([a-z-]+)", texts, re.MULTILINE)) <= {
        pair for verb in verbs for pair in ((verb, ""), ("", verb))
    }
    assert {name.replace("/dev/", "/prod/") for name in re.findall(r"/breakeven/dev/[a-z]+", texts)} <= groups


def test_a_name_that_is_not_known_gets_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match=r"alarm latncy-fast: it has no runbook, did you mean 'latency-fast'\?"):
        find("latncy-fast", read())
    with pytest.raises(InputError, match="it has no runbook"):
        find("breakeven-other-errors", read(), "breakeven-dev-")


def test_a_page_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "operations.md")
