"""Backups that cannot be used are refused with one line, before anything is looked at in AWS or written."""

import os
from pathlib import Path

import pytest

from infra.lifecycle.backup_place import Folder
from infra.record import ROOT
from tests.infra.lifecycle.saved import files, manifest, write
from tests.scripts.stage import Done, one_line, verb

PROJECT = (ROOT / "Pulumi.yaml").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = tmp_path / "project"
    found.mkdir()
    (found / "Pulumi.yaml").write_text(PROJECT)
    return found


def run(project: Path, *arguments: str) -> Done:
    # Nothing here may reach a real account.
    aws = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    return verb(*arguments, project=project, environment={**os.environ, **aws})


def test_backup_wants_a_place_to_write_to_or_to_check(project: Path) -> None:
    done = run(project, "backup")
    assert done.returncode == 2
    assert "--verify PLACE" in " ".join(done.stderr.replace("│", "").split())


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("nothing", "it holds no backup"),
        ("cut", "it is not what its SHA-256 says"),
        ("truncated", "1 of 3 files are damaged"),
        ("foreign", "it holds backups of another/saved, none of breakeven"),
    ],
)
def test_a_backup_that_cannot_be_used_is_one_line_and_writes_nothing(
    harm: str, said: str, project: Path, tmp_path: Path
) -> None:
    place = Folder(tmp_path / "place")
    if harm != "nothing":
        head = manifest(project="another" if harm == "foreign" else "breakeven")
        folder = place.path / write(place, head, files({}, (), PROJECT)).folder
        damaged = {"cut": folder / "manifest.json", "truncated": folder / "state.json"}.get(harm)
        if damaged:
            damaged.write_bytes(damaged.read_bytes()[:-1])
    before = sorted(path.name for path in project.rglob("*"))
    done = run(project, "restore", str(place.path), "--yes")
    assert done.returncode == 3
    assert said in one_line(done)
    assert sorted(path.name for path in project.rglob("*")) == before
    checked = run(project, "backup", "--verify", str(place.path))
    assert checked.returncode == (0 if harm == "foreign" else 3)
