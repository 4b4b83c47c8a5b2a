"""Versions of a model: whole or not there, one of them current, and back to the very bytes of before."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from serving import archive, model, packed, rollout, version_record, versions
from serving.digest import sha256_of
from serving.errors import InputError, IntegrityError
from serving.scaffold import scaffold
from tests.scripts.command import ROOT


def quiet(line: str) -> None:
    """What is said while archives are built."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The sentiment model, whose head is a file of its own folder."""
    return copy_of("sentiment", tmp_path / "models")


def copy_of(name: str, models: Path) -> Path:
    left_out = shutil.ignore_patterns("__pycache__", version_record.FOLDER)
    return Path(shutil.copytree(model.SHIPPED / name, models / name, ignore=left_out))


def prepared(home: Path, sample: str = "Fine.\n") -> Path:
    """What a fine-tuning hands over: a whole folder under any name, the version still its parent's."""
    made = Path(shutil.copytree(home, home.parents[1] / "made", ignore=shutil.ignore_patterns("versions")))
    (made / "sample.txt").write_text(sample)
    (made / "card.md").write_text("# What it was made of\n")
    (made / "scores.json").write_text('{"macro_f1": {"value": 0.81, "low": 0.79, "high": 0.83}, "rows": 400}')
    return made


def added(home: Path, parent: str = "1.0", note: str = "") -> versions.Version:
    return versions.add(home, prepared(home), parent=parent, note=note)


def labelled(home: Path, label: str) -> None:
    """Another version of the image model: its first label is another."""
    made = Path(shutil.copytree(home, home.parents[1] / "made", ignore=shutil.ignore_patterns("versions")))
    (made / "labels.txt").write_text((made / "labels.txt").read_text().replace("tench", label, 1))
    versions.add(home, made, parent="1.0", note=label)


def test_a_models_own_files_are_its_first_version(home: Path) -> None:
    (only,) = versions.versions(home)
    assert (only.number, only.folder, only.made, only.parent, only.current) == ("1.0", home, None, "", True)
    assert not version_record.place(home).exists()


def test_an_added_version_is_whole_numbered_and_not_yet_current(home: Path) -> None:
    made = prepared(home)
    version = versions.add(home, made, parent="1.0", note='for "reviews",\nin C:\\data')
    assert not made.exists()
    assert (version.number, version.parent, version.current) == ("1.1", "1.0", False)
    assert version.folder == home / "versions" / "1.1"
    assert sorted(path.name for path in version.folder.parent.iterdir()) == ["1.1", "versions.toml"]
    found = model.Model.read(version.folder)
    assert (found.name, found.version, found.home) == ("sentiment", "1.1", home)
    assert not (version.folder / "capacity.toml").exists()
    assert version.note == 'for "reviews",\nin C:\\data'
    score = versions.macro_f1(version)
    assert score
    assert (score.value, score.low, score.high) == (0.81, 0.79, 0.83)
    assert model.find("sentiment", home.parent).version == "1.0"


def test_only_the_models_own_version_line_is_changed(home: Path) -> None:
    before = (home / "model.toml").read_text()
    after = (added(home).folder / "model.toml").read_text()
    assert after == before.replace('version = "1.0"', 'version = "1.1"', 1)


def test_a_prepared_folder_may_lack_its_version(home: Path) -> None:
    made = prepared(home)
    file = made / "model.toml"
    file.write_text(file.read_text().replace('version = "1.0"\n', "", 1))
    assert model.Model.read(versions.add(home, made, parent="1.0", note="").folder).version == "1.1"


def test_numbers_that_are_taken_are_passed_over(home: Path) -> None:
    assert [added(home, parent).number for parent in ("1.0", "1.0", "1.1")] == ["1.1", "1.2", "1.3"]
    (home / "versions" / "1.4").mkdir()  # in the way of nobody's record
    assert versions.next_number(home, "1.3") == "1.5"
    assert versions.next_number(home, "1.9") == "1.10"
    assert versions.next_number(home, "pilot") == "pilot.1"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda made: (made / "head.safetensors").write_bytes(b"torn"), "model.toml says 472e4c1d4c20"),
        (lambda made: (made / "head.safetensors").unlink(), "the file is not there"),
        (lambda made: (made / "network.py").unlink(), "it has no network.py"),
        (lambda made: (made / "sample.txt").unlink(), "it has no sample"),
        (lambda made: (made / "model.toml").unlink(), "is not there"),
        (lambda made: edit(made, 'name = "sentiment"', 'name = "mine"'), "name 'mine' is not the folder's"),
        (lambda made: edit(made, 'unit = "texts"', 'unit = "words"'), "unit 'words', and the model's is 'texts'"),
        (lambda made: edit(made, "[serving]", "[serving"), "mend the TOML"),
        (shutil.rmtree, "cannot be read"),
    ],
)
def test_what_is_not_whole_is_refused_and_stays_where_it_is(home: Path, spoil: object, said: str) -> None:
    made = prepared(home)
    assert callable(spoil)
    spoil(made)
    left = sorted(made.iterdir()) if made.is_dir() else []
    with pytest.raises((InputError, IntegrityError)) as refused:
        versions.add(home, made, parent="1.0", note="")
    assert said in str(refused.value)
    assert versions.ADDING not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (sorted(made.iterdir()) if made.is_dir() else []) == left
    assert list(version_record.place(home).iterdir()) == []


def edit(made: Path, old: str, new: str) -> None:
    text = (made / "model.toml").read_text()
    assert old in text
    (made / "model.toml").write_text(text.replace(old, new))


def test_the_current_version_is_what_is_found(home: Path) -> None:
    added(home)
    assert versions.use(home, "1.1", "rollout").current
    found = model.find("sentiment", home.parent)
    assert (found.version, found.folder, found.home) == ("1.1", home / "versions" / "1.1", home)
    assert found.sample.read_text() == "Fine.\n"
    assert hasattr(found.network(), "network")
    assert model.find("sentiment", home.parent, "1.0").folder == home
    assert model.find("sentiment", home.parent, version="1.1").version == "1.1"
    assert model.names(home.parent) == ("sentiment",)
    # A path of a version stands for its model, too.
    assert [version.number for version in versions.versions(found.folder)] == ["1.0", "1.1"]


def test_a_version_that_there_is_not_is_one_line(home: Path) -> None:
    added(home)
    with pytest.raises(InputError, match=r"version 1\.2 of sentiment: no such version; did you mean 1\.1"):
        versions.use(home, "1.2", "rollout")
    with pytest.raises(InputError, match=r"version 9 of sentiment: no folder versions/9"):
        model.find("sentiment", home.parent, "9")
    with pytest.raises(InputError, match="no folder"):
        model.find("sentiment", home.parent, "../versions/1.1")
    with pytest.raises(InputError, match="no such version"):
        added(home, parent="0.9")


def test_a_version_under_another_number_than_its_folders_is_one_line(home: Path) -> None:
    folder = added(home).folder
    edit(folder, 'version = "1.1"', 'version = "1.0"')
    with pytest.raises(InputError, match=r'write version = "1\.1"'):
        model.Model.read(folder)


def test_the_record_only_grows_and_says_what_was_current_when(home: Path) -> None:
    added(home)
    versions.use(home, "1.1", "rollout")
    before = tomllib.loads((home / "versions" / "versions.toml").read_text())
    versions.use(home, "1.1", "again")  # current already: nothing to write
    added(home, "1.1", "second")
    versions.built(home, "1.2", "0" * 64)
    versions.use(home, "1.0", "rollback")
    after = tomllib.loads((home / "versions" / "versions.toml").read_text())
    assert after["current"] == "1.0"
    assert after["version"][:1] == before["version"]
    assert [(row["version"], row["from"], row["note"]) for row in after["version"]] == [
        ("1.1", "1.0", ""),
        ("1.2", "1.1", "second"),
    ]
    assert [(row["version"], row["why"]) for row in after["change"]] == [("1.1", "rollout"), ("1.0", "rollback")]
    assert after["archive"][0]["sha256"] == versions.find(home, "1.2").sha256 == "0" * 64
    assert after["version"][0]["made"].utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    ("used", "before"),
    [
        ("1.1", "1.0"),
        ("1.1 1.2", "1.1"),
        ("1.1 1.2 1.1", "1.0"),  # not 1.2 again, from which one has gone back
        ("1.1 1.0 1.2", "1.0"),
        ("1.1 1.0 1.1", "1.0"),
        ("1.2 1.1", "1.2"),
    ],
)
def test_what_was_current_before(home: Path, used: str, before: str) -> None:
    added(home)
    added(home)
    for number in used.split():
        versions.use(home, number, "rollout")
    assert versions.previous(home) == before


@pytest.mark.parametrize("used", ["", "1.1 1.0"])
def test_nothing_was_current_before_the_first(home: Path, used: str) -> None:
    added(home)
    for number in used.split():
        versions.use(home, number, "rollout")
    with pytest.raises(InputError, match=r"no version was current before 1\.0; name one of 1\.0, 1\.1"):
        versions.previous(home)


@pytest.mark.parametrize(
    "text", ["current = ", "[[version]]", 'current = "1.0"\nversion = [{version = 1}]', 'current = "1.0"\nchange = 3']
)
def test_a_spoiled_record_is_one_line_that_names_the_file(home: Path, text: str) -> None:
    added(home)
    file = home / "versions" / "versions.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"versions\.toml: .*restore it from git"):
        versions.versions(home)


def test_two_at_once_get_two_numbers(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from serving import versions\n"
        "versions.add(Path(sys.argv[1]), Path(sys.argv[2]), parent='1.0', note=sys.argv[2])"
    )
    processes = []
    for place in ("a", "b", "c"):
        made = prepared(home).rename(home.parents[1] / place)
        command = [sys.executable, "-c", code, str(home), str(made)]
        processes.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT))
    assert [process.wait(timeout=200) for process in processes] == [0, 0, 0]
    found = versions.versions(home)
    assert [version.number for version in found] == ["1.0", "1.1", "1.2", "1.3"]
    assert {Path(version.note).name for version in found[1:]} == {"a", "b", "c"}


def test_what_a_killed_process_left_is_cleared_away(home: Path) -> None:
    left = home / "versions" / f"{versions.ADDING}torn" / "sentiment"
    left.mkdir(parents=True)
    assert added(home).number == "1.1"
    assert sorted(path.name for path in (home / "versions").iterdir()) == ["1.1", "versions.toml"]


def test_neither_later_versions_nor_what_is_written_about_one_change_what_an_archive_is_made_from(home: Path) -> None:
    first = archive.made_from(model.Model.read(home))
    version = added(home)
    later = archive.made_from(model.Model.read(version.folder))
    assert archive.made_from(model.Model.read(home)) == first != later
    (version.folder / "card.md").write_text("# Another\n")
    (version.folder / "scores.json").unlink()
    assert archive.made_from(model.Model.read(version.folder)) == later
    assert versions.macro_f1(version) is None


def test_a_new_model_has_none_of_its_patterns_versions(tmp_path: Path) -> None:
    added(copy_of("sentiment", tmp_path / "shipped"))
    made = scaffold("mine", "sentiment", tmp_path / "models", shipped=tmp_path / "shipped")
    assert not version_record.place(made).exists()


def test_an_archive_follows_the_current_version_and_comes_back_in_the_same_bytes(tmp_path: Path) -> None:
    home, store = copy_of("efficientnet_lite0", tmp_path / "models"), tmp_path / "store"
    name = home.name
    served = archive.ready(model.find(name, home.parent), quiet, store, compiled=False)
    before = sha256_of(served)
    labelled(home, "trout")
    made = rollout.archive_of(home, "1.1", quiet, store, compiled=False)
    assert rollout.put(home, "1.1", made, "rollout", store).current
    assert rollout.version_in(served, name) == "1.1"
    assert packed.about(served)["made_from"] == archive.made_from(model.find(name, home.parent))
    assert sha256_of(served) == versions.find(home, "1.1").sha256 != before
    assert versions.find(home, "1.0").sha256 == before  # kept, although it was never rolled out

    back = rollout.archive_of(home, versions.previous(home), quiet, store, as_before=True)
    rollout.put(home, "1.0", back, "rollback", store)
    assert sha256_of(served) == before
    assert (store / f"{name}.mar.sha256").read_text() == f"{before}  {name}.mar\n"

    # Gone or spoiled, it is built again, and as nothing else has changed, to the same bytes.
    kept = rollout.kept(name, "1.1", store)
    kept.write_bytes(b"spoiled")
    said: list[str] = []
    again = rollout.archive_of(home, "1.1", said.append, store, compiled=False, as_before=True)
    assert sha256_of(again) == versions.find(home, "1.1").sha256
    assert said == [f"Building {kept} ..."]
