"""`breakeven privacy` as a user runs it, and a stack in a region where it may not be."""

import json
from pathlib import Path

import pytest

from tests.infra.costs.stacks import export, row
from tests.infra.stack_variants import trial_project
from tests.scripts.command import breakeven


def test_a_file_is_shown_with_the_vendors_of_the_workload() -> None:
    log = row("aws:cloudwatch/logGroup:LogGroup", "lines", retentionInDays=9, name="/x/lines")
    done = breakeven("privacy", "-", stdin=export(log))
    assert done.returncode == 0, done.stderr
    assert "lines (log group)" in done.stdout
    assert "9 days" in done.stdout
    assert "Amazon Web Services" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_stack_of_the_project_as_json_says_how_long_documents_stay() -> None:
    done = breakeven("privacy", "--stack", "prod", "--format", "json")
    assert done.returncode == 0, done.stderr
    (documents,) = [
        one for one in json.loads(done.stdout)["places"] if (one["name"], one["kind"]) == ("documents", "bucket")
    ]
    assert documents["days"] == 31
    assert documents["aboutCallers"] is True


def test_a_file_and_a_stack_at_once_are_refused() -> None:
    done = breakeven("privacy", "x.json", "--stack", "dev")
    assert done.returncode == 2
    assert "give a file or --stack, not both" in done.stderr


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (["eu-central-1"], "aws:region: eu-west-1 is not among allowedRegions (eu-central-1); deploy to one of them"),
        (["mars"], "allowedRegions: 'mars' has not the shape of one; write it like eu-central-1"),
    ],
)
def test_a_region_that_is_not_allowed_is_refused_with_one_line(allowed: list[str], said: str, tmp_path: Path) -> None:
    trial_project(tmp_path, allowedRegions=allowed)
    done = breakeven("up", "--stack", "trial", "--project", str(tmp_path), "--yes")
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1
    assert said in done.stderr
