"""A file that is deployed must be what is written beside it; else neither the program nor the engine goes on."""

import hashlib
from pathlib import Path

import pytest

from infra.digests import digest
from infra.emulator import emulator
from infra.record import record
from infra.settings_values import SettingsError
from tests.infra.engine import Engine, needs_engine
from tests.infra.stack_variants import of_type, trial_project

CONTENT = hashlib.sha256(b"model").hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "m.mar"
    path.write_bytes(b"model")
    return path


def beside(archive: Path, text: str) -> None:
    archive.with_name("m.mar.sha256").write_text(text)


@pytest.mark.parametrize("form", ["{}  m.mar\n", "{}", "{} *m.mar\n"])
def test_a_file_that_matches_passes_in_every_form(form: str, archive: Path) -> None:
    assert digest("modelArchive", archive, "m.mar") == CONTENT
    beside(archive, form.format(CONTENT))
    assert digest("modelArchive", archive, "m.mar") == CONTENT
    beside(archive, form.format(CONTENT.upper()))
    assert digest("modelArchive", archive, "m.mar") == CONTENT


@pytest.mark.parametrize("text", [f"{'0' * 64}  m.mar\n", "", "\x00"])
def test_another_digest_or_none_is_refused(text: str, archive: Path) -> None:
    beside(archive, text)
    with pytest.raises(SettingsError, match=r"modelArchive: m\.mar has SHA-256 9372c4.*build or fetch the file again"):
        digest("modelArchive", archive, "m.mar")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nodeBundle: b\.tar\.gz cannot be read; build it first"):
        digest("nodeBundle", tmp_path / "b.tar.gz", "b.tar.gz")


@pytest.mark.parametrize("setting", ["modelArchive", "nodeBundle"])
def test_the_program_itself_refuses_it(setting: str, archive: Path, tmp_path: Path) -> None:
    project = trial_project(tmp_path, **{setting: str(archive)})
    beside(archive, CONTENT)
    (stored,) = of_type(record("trial", project), "s3/bucketObjectv2:BucketObjectv2")
    assert stored["inputs"]["sourceHash"] == CONTENT
    beside(archive, "0" * 64)
    with pytest.raises(SettingsError, match=f"{setting}: .* has SHA-256 9372c4"):
        record("trial", project)


class TestEngine:
    """With the real engine."""

    pytestmark = needs_engine

    def test_plain_pulumi_stops_at_its_preview(self, archive: Path, tmp_path: Path) -> None:
        beside(archive, "0" * 64)
        with emulator() as aws:
            engine = Engine(tmp_path, aws)
            engine.create("small", modelArchive=str(archive))
            done = engine.attempt("up", "--yes", "--stack", "small")
            assert done.returncode != 0
            assert "has SHA-256 9372c4" in done.stdout + done.stderr
            assert engine.resources("small") == []
