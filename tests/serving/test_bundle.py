"""The node bundle: the same bytes each time, all of a node in it, and an installation that needs no network."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from serving.bundle import Built, Contents, build
from serving.bundle_wheels import Wheels, requirements
from serving.errors import InputError, ServingError

ROOT = Path(__file__).resolve().parents[2]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
FEW = Wheels(packages=("pip", "jmespath"), alone=("python-dateutil",))


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(Contents(python=PYTHON, wheels=FEW), tmp_path_factory.mktemp("bundle") / "node.tar.gz")


def unpacked(bundle: Built, folder: Path) -> Path:
    with tarfile.open(bundle.path) as archive:
        # Python before 3.11.4 has no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        archive.extractall(folder)  # noqa: S202 - its digest is pinned, or it is our own
    return folder


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    # PATH alone: what is installed beside this test must not help.
    variables = {"PATH": f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}", **environment}
    return subprocess.run([str(part) for part in command], env=variables, capture_output=True, text=True, check=False)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = Contents(wheels=None)
    first, second = build(contents, tmp_path / "a" / "node.tar.gz"), build(contents, tmp_path / "b" / "node.tar.gz")
    assert first.path.read_bytes() == second.path.read_bytes()
    digest = hashlib.sha256(first.path.read_bytes()).hexdigest()
    assert (tmp_path / "a" / "node.tar.gz.sha256").read_text() == f"{digest}  node.tar.gz\n"
    assert first.sha256 == digest
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["node.tar.gz", "node.tar.gz.sha256"]
    other = build(Contents(wheels=None, device="cuda"), tmp_path / "b" / "node.tar.gz")
    assert other.sha256 != digest


def test_with_packages_too_the_same_input_gives_the_same_bytes(bundle: Built, tmp_path: Path) -> None:
    again = build(Contents(python=PYTHON, wheels=FEW), tmp_path / "node.tar.gz")
    assert again.path.read_bytes() == bundle.path.read_bytes()


def test_the_manifest_names_every_file_and_its_digest(bundle: Built, tmp_path: Path) -> None:
    folder = unpacked(bundle, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert manifest["files"] == found
    assert not [name for name in found if "infra" in name or "scripts" in name]
    for package in ("backends", "handlers"):  # with their data, too
        source = {path.name for path in (ROOT / "serving" / package).iterdir() if path.is_file()}
        assert {path.name for path in (folder / "node" / "serving" / package).iterdir()} == source


def test_only_a_bundle_for_documents_can_read_them_and_it_has_all_of_its_own_code(tmp_path: Path) -> None:
    names = ("serving.node.documents", "serving.documents.pipeline", "serving.documents.remote")
    imported = f"import {', '.join(names)}, serving.documents.engines.worker; print(serving.node.documents.__file__)"
    for documents in (False, True):
        target = tmp_path / str(documents)
        folder = unpacked(build(Contents(documents=documents, wheels=None), target / "node.tar.gz"), target / "opt")
        # Run in the bundle's own folder, as `start` does: there its code is found, and no other.
        command = [sys.executable, "-c", imported]
        done = subprocess.run(command, cwd=folder / "node", capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is documents, done.stderr
        assert not documents or done.stdout.startswith(str(folder))


def test_a_bundle_for_training_has_all_of_its_own_code_and_serves_nothing(tmp_path: Path) -> None:
    built = build(Contents(training=True, wheels=None), tmp_path / "training.tar.gz")
    folder = unpacked(built, tmp_path / "opt")
    assert (folder / "install").exists()
    assert not (folder / "start").exists()
    assert not (folder / "node" / "serving" / "node").exists()
    every = (
        "import importlib, pkgutil, serving.finetune as door, serving.models.sentiment.network\n"
        "for found in pkgutil.walk_packages(door.__path__, 'serving.finetune.'):\n"
        "    if not found.name.endswith('__main__'):\n"
        "        importlib.import_module(found.name)\n"
        "print(door.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", every], cwd=folder / "node", capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(str(folder)), done.stderr
    command = [sys.executable, "-m", "serving.finetune", str(tmp_path / "none")]
    done = subprocess.run(command, cwd=folder / "node", capture_output=True, text=True, check=False)
    assert (done.returncode, "not a whole job" in done.stderr) == (3, True)


def test_a_training_needs_other_packages_than_a_node() -> None:
    needed = requirements("batcher", "cpu", Wheels(more=("timm",)), training=True).packages
    assert {"torch", "transformers", "peft", "accelerate", "safetensors", "pyarrow", "timm"} <= set(needed)
    assert not {"uvicorn", "boto3"} & set(needed)


def test_it_installs_without_a_network_and_once(bundle: Built, tmp_path: Path) -> None:
    folder = unpacked(bundle, tmp_path / "opt")
    # A network namespace of its own has no way out; where the machine forbids one, pip's --no-index must do.
    apart = ("unshare", "--net", "--map-root-user")
    prefix = apart if run("which", "unshare").returncode == 0 and run(*apart, "true").returncode == 0 else ()
    done = run(*prefix, folder / "install")
    assert (done.returncode, done.stderr) == (0, "")
    python = folder / "site" / "bin" / "python"
    for module in ("jmespath", "dateutil"):
        assert run(python, "-c", f"import {module}; print({module}.__file__)").stdout.startswith(str(folder))
    assert run(python, "-c", "import torch").returncode == 1
    shutil.rmtree(folder / "wheels")
    assert run(folder / "install").returncode == 0


def test_a_changed_wheel_is_refused_in_one_line_and_leaves_nothing(bundle: Built, tmp_path: Path) -> None:
    folder = unpacked(bundle, tmp_path)
    (wheel,) = folder.glob("wheels/jmespath-*")
    wheel.write_bytes(wheel.read_bytes() + b" ")
    done = run(folder / "install")
    assert done.returncode == 1
    assert done.stderr.startswith("breakeven install: pip: ")
    assert len(done.stderr.splitlines()) == 1
    assert not [path.name for path in folder.iterdir() if path.name.startswith("site")]


def test_a_missing_python_is_one_line(tmp_path: Path) -> None:
    folder = unpacked(build(Contents(python="3.99", wheels=None), tmp_path / "node.tar.gz"), tmp_path / "opt")
    # Without a package manager on PATH, as where none can be reached.
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "readlink", "sed", "sha256sum", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = run(folder / "install", PATH=str(tools))
    assert done.returncode == 1
    assert done.stderr.startswith("breakeven install: python3.99: not found and not to be installed; ")
    assert len(done.stderr.splitlines()) == 1


def test_the_node_starts_from_its_own_files_and_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    folder = unpacked(build(Contents(python=PYTHON, wheels=None), tmp_path / "node.tar.gz"), tmp_path / "opt")
    assert run(folder / "install").returncode == 0
    done = run(folder / "start")
    assert done.returncode == 3
    assert done.stderr == "ERROR BREAKEVEN_MODEL: it is not set; set it in /etc/breakeven/node.env\n"


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (Contents(device="tpu"), "device tpu: no such device"),
        (Contents(backend="flask"), "backend flask: no such backend"),
        (Contents(python="three"), "Python three: not a version"),
        (Contents(wheels=Wheels(architecture="riscv")), "riscv: no such architecture"),
    ],
)
def test_what_cannot_be_built_is_one_line(contents: Contents, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"^{says}"):
        build(contents, tmp_path / "node.tar.gz")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServingError, match=r"it cannot be written \("):
        build(Contents(wheels=None), tmp_path / "file" / "node.tar.gz")
