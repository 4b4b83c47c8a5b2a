"""A new model folder is whole, and a name that cannot be used is one line."""

from pathlib import Path

import pytest

from serving import archive
from serving.errors import InputError
from serving.model import TASKS, Model
from serving.scaffold import scaffold


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_folder_to_start_from(task: str, tmp_path: Path) -> None:
    found = Model.read(scaffold("my_model", task, tmp_path))
    assert (found.name, found.task) == ("my_model", task)
    assert found.sample.is_file()
    assert not (found.folder / "capacity.toml").exists()


def test_a_new_model_builds_at_once(tmp_path: Path) -> None:
    found = Model.read(scaffold("my_model", "image-classification", tmp_path))
    built = archive.build(found, tmp_path / "my_model.mar", compiled=False)
    assert built.size_bytes > 1_000_000


@pytest.mark.parametrize("name", ["", "Mine", "../mine", "a b", "x" * 41, "1st"])
def test_names_that_cannot_be_folders_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lower case letters"):
        scaffold(name, "sentiment", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    scaffold("mine", "image-classification", tmp_path)
    with pytest.raises(InputError, match="there already"):
        scaffold("mine", "image-classification", tmp_path)
