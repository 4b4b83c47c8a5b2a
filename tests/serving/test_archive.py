"""Archives: the same bytes from the same input, everything inside, nothing that leads out."""

import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from serving import archive, model, packed
from serving.digest import sha256_of
from serving.errors import InputError, IntegrityError
from serving.scaffold import scaffold

TASK_FOLDERS = model.names()


def copy_of(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(model.MODELS / name, folder / name))


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    made = [
        archive.build(model.find("efficientnet_lite0"), tmp_path / place / "m.mar", compiled=False) for place in "ab"
    ]
    assert made[0].sha256 == made[1].sha256
    assert made[0].path.read_bytes() == made[1].path.read_bytes()
    assert (tmp_path / "a" / "m.mar.sha256").read_text() == f"{made[0].sha256}  m.mar\n"
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["m.mar", "m.mar.sha256"]


def test_an_archive_holds_what_a_node_needs(image_archive: Path) -> None:
    with zipfile.ZipFile(image_archive) as found:
        names = set(found.namelist())
        manifest = json.loads(found.read("MAR-INF/MANIFEST.json"))
    assert {
        "handler.py",
        "model.json",
        "labels.txt",
        "sample.jpg",
        "LICENSE",
        "forms/exported.py",
        "forms/exported.pt",
    } <= names
    assert "serving/handlers/image_classification.py" in names
    assert manifest["model"]["modelName"] == "efficientnet_lite0"
    assert packed.about(image_archive)["weights"][0]["sha256"].startswith("57934424")


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "a/../../outside.txt"])
def test_entries_that_lead_out_are_refused(name: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mar"
    with zipfile.ZipFile(bad, "w") as made:
        made.writestr("model.json", "{}")
        made.writestr(name, "x")
    with pytest.raises(IntegrityError, match="leads out of the archive"):
        packed.unpack(bad, tmp_path / "into")
    assert not list(tmp_path.rglob("outside.txt"))


def test_links_are_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mar"
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(bad, "w") as made:
        made.writestr("model.json", "{}")
        made.writestr(link, "/etc/passwd")
    with pytest.raises(IntegrityError, match="leads out of the archive"):
        packed.unpack(bad, tmp_path / "into")


def test_half_an_archive_is_refused(image_archive: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.mar"
    half.write_bytes(image_archive.read_bytes()[: image_archive.stat().st_size // 2])
    with pytest.raises(IntegrityError, match="not a whole model archive"):
        packed.unpack(half, tmp_path / "into")


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("minilm", 'precision = "int8"', "precision 'int8'; use one of float32, bfloat16, float16"),
        ("minilm", "compile = 1", "compile 1; write true or false"),
        ("smollm2_135m_instruct", "compile = true", "compile = true is not for text-generation; leave compile out"),
    ],
)
def test_a_precision_that_there_is_not_is_one_line(name: str, line: str, said: str, tmp_path: Path) -> None:
    folder = copy_of(name, tmp_path)
    with (folder / "model.toml").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InputError) as refused:
        model.Model.read(folder)
    assert said in str(refused.value)
    assert str(folder / "model.toml") in str(refused.value)


def test_weights_with_another_digest_are_refused(tmp_path: Path) -> None:
    folder = copy_of("efficientnet_lite0", tmp_path)
    file = folder / "model.toml"
    file.write_text(file.read_text().replace("579344248a", "0000000000"))
    with pytest.raises(IntegrityError, match=r"SHA-256 is 579344248a93\.\., model\.toml says 0000000000"):
        archive.build(model.Model.read(folder), tmp_path / "m.mar")
    assert not (tmp_path / "m.mar").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('task = "image-classification"', 'task = "guessing"', "task 'guessing'; use one of image-classification"),
        ('name = "efficientnet_lite0"', 'name = "other"', "name 'other' is not the folder's"),
        ("queue_size = 200", "queue = 200", "queue"),
        ('unit = "images"\n', "", "'unit' is missing"),
        ('source = "package"', 'source = "mail"', "source 'mail'"),
        ("[serving]", "[serving", "mend the TOML"),
    ],
)
def test_a_mistake_in_model_toml_is_one_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    folder = copy_of("efficientnet_lite0", tmp_path)
    file = folder / "model.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(InputError) as caught:
        model.Model.read(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean efficientnet_lite0"):
        model.find("efficientnet")
    with pytest.raises(InputError, match="no such folder"):
        model.find("../models/efficientnet_lite0")


@pytest.mark.parametrize("name", TASK_FOLDERS)
def test_every_model_folder_is_whole(name: str) -> None:
    found = model.find(name)
    assert found.sample.stat().st_size < 1_000_000
    assert (found.folder / "network.py").is_file()
    assert found.licence
    assert (archive.ROOT / "serving" / "handlers" / f"{found.task.replace('-', '_')}.py").is_file()
    for weights in found.weights:
        assert len(weights.sha256) == 64
        assert weights.source == "folder" or weights.origin
        if weights.source == "folder":
            assert sha256_of(found.folder / weights.file) == weights.sha256


@pytest.mark.skipif(os.environ.get("CI") is None and shutil.which("g++") is None, reason="no C++ compiler")
def test_compiled_forms_are_there_where_there_is_a_compiler(image_archive: Path) -> None:
    with zipfile.ZipFile(image_archive) as found:
        about = json.loads(found.read("forms/forms.json"))
    assert about["compiled"]["batches"] == [1, 4]


def test_an_archive_is_built_again_when_what_it_was_made_from_has_changed(tmp_path: Path) -> None:
    made = model.Model.read(scaffold("mine", "image-classification", tmp_path))
    said: list[str] = []
    path = archive.ready(made, said.append, tmp_path / "store", compiled=False)
    first = packed.about(path)["made_from"]
    (made.folder / "capacity.toml").write_text("# measured\n")
    assert archive.ready(made, said.append, tmp_path / "store", compiled=False) == path
    assert len(said) == 1
    (made.folder / "labels.txt").write_text((made.folder / "labels.txt").read_text().upper())
    archive.ready(made, said.append, tmp_path / "store", compiled=False)
    assert len(said) == 2
    assert packed.about(path)["made_from"] != first
