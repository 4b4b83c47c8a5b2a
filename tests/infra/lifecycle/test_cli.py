"""The Pulumi CLI: what is said where there is none, none can be fetched, or it is too old."""

import os
from pathlib import Path

import pytest

from infra.costs.errors import InputError
from infra.lifecycle import cli
from tests.infra.stack_variants import trial_project
from tests.scripts.stage import one_line, verb


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the CLI, and without a network: its proxy is a closed port. Returns a folder on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    return folder


def test_a_download_that_fails_is_one_line_with_what_to_do(bare: Path, tmp_path: Path) -> None:
    done = verb("outputs", "--stack", "trial", project=trial_project(tmp_path), environment=dict(os.environ))
    said = one_line(done)
    assert done.returncode == 3
    assert said.startswith(f"breakeven: pulumi: the CLI is not on PATH, and {cli.PINNED} could not be installed (")
    assert said.endswith("; check the network, or install the CLI: https://www.pulumi.com/docs/install")


def test_looking_for_it_installs_nothing(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"the CLI is not on PATH; `breakeven up` installs {cli.PINNED}"):
        cli.command(install=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin"]


def test_one_that_is_too_old_is_refused(bare: Path) -> None:
    old = bare / "pulumi"
    old.write_text("#!/bin/sh\necho v3.100.0\n")
    old.chmod(0o755)
    with pytest.raises(
        InputError, match=rf"3\.100\.0.*; install {cli.PINNED} or newer, or take it off PATH"
    ) as refused:
        cli.command()
    assert "\n" not in str(refused.value)
