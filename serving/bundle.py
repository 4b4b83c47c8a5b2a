"""The node bundle: all that turns a fresh instance into a node, in one archive that is the same for the same input."""

import gzip
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from serving import bundle_wheels
from serving.archive import STORE
from serving.bundle_wheels import Wheels
from serving.digest import note, sha256_of
from serving.errors import InputError, ServingError

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = STORE / "node.tar.gz"
TRAINING_TARGET: Final = STORE / "training.tar.gz"
# What runs on an instance; all else of this package only builds or calls.
CODE: Final = ("__init__.py", "digest.py", "errors.py", "packed.py", "backends/*", "handlers/*", "node/*.py")
# What the queue of documents needs besides; the model's own folder comes out of its archive.
DOCUMENT_CODE: Final = (
    "model.py",
    "version_record.py",
    "client/*.py",
    "documents/*.py",
    "documents/engines/*.py",
    "documents/extract/*.py",
    "documents/ocr/*.py",
)
# What fine-tunes a model instead of serving it; the model's own folder comes with the job.
TRAINING_CODE: Final = ("*.py", "backends/*", "handlers/*", "finetune/**/*.py", "models/*/*.py")
SCRIPTS: Final = {"install": "install.sh", "start": "start.sh"}
TRAINING_SCRIPTS: Final = {"install": "install.sh"}


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a bundle is built for. `documents`: the stack takes documents in. `wheels` None leaves packages out.

    With `training` it fine-tunes a model and serves none.
    """

    python: str = "3.11"
    device: str = "cpu"
    backend: str = "torchserve"
    documents: bool = False
    training: bool = False
    wheels: Wheels | None = field(default_factory=Wheels)


@dataclass(frozen=True, kw_only=True)
class Built:
    """A bundle, its digest and size."""

    path: Path
    sha256: str
    size_bytes: int


def build(contents: Contents, target: Path = TARGET, say: Callable[[str], None] = lambda _: None) -> Built:
    """Write the bundle, and `<name>.sha256` beside it; both appear only when whole. Raises ServingError."""
    if contents.backend not in bundle_wheels.BACKENDS:
        raise InputError(f"backend {contents.backend}", "no such backend", f"use {' or '.join(bundle_wheels.BACKENDS)}")
    if contents.device not in bundle_wheels.DEVICES:
        raise InputError(f"device {contents.device}", "no such device", f"use {' or '.join(bundle_wheels.DEVICES)}")
    partial = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bundle-") as folder:
            staged = Path(folder)
            _stage(contents, staged, say)
            say("Packing ...")
            _pack(staged, partial)
        digest = sha256_of(partial)
        partial.replace(target)
        note(target, digest)
    except OSError as error:
        thing = str(error.filename or target)
        raise ServingError(
            thing, f"it cannot be written ({error.strerror})", "free space or name another --out"
        ) from None
    finally:
        with suppress(OSError):
            partial.unlink()
    return Built(path=target, sha256=digest, size_bytes=target.stat().st_size)


def _stage(contents: Contents, folder: Path, say: Callable[[str], None]) -> None:
    """Everything in its place, the manifest last."""
    package = ROOT / "serving"
    serves = (*CODE, *(DOCUMENT_CODE if contents.documents else ()))
    for pattern in TRAINING_CODE if contents.training else serves:
        for source in sorted(path for path in package.glob(pattern) if path.is_file()):
            _copy(source, folder / "node" / "serving" / source.relative_to(package))
    for name, source_name in (TRAINING_SCRIPTS if contents.training else SCRIPTS).items():
        _copy(package / "node" / source_name, folder / name)
        (folder / name).chmod(0o755)
    environment = {
        "BREAKEVEN_PYTHON": contents.python,
        "BREAKEVEN_BACKEND": contents.backend,
        "BREAKEVEN_DEVICE": contents.device,
    }
    (folder / "bundle.env").write_text("".join(f"{k}={v}\n" for k, v in environment.items()), encoding="utf-8")
    if contents.wheels:
        wanted = bundle_wheels.requirements(
            contents.backend,
            contents.device,
            contents.wheels,
            documents=contents.documents,
            training=contents.training,
        )
        say(f"Collecting {len(wanted.packages)} packages and what they need ...")
        bundle_wheels.collect(wanted, contents.python, folder / "wheels")
        bundle_wheels.check_device(folder / "wheels", contents.device)
        (folder / "requirements.txt").write_text(bundle_wheels.pinned(folder / "wheels"), encoding="utf-8")
    files = {path.relative_to(folder).as_posix(): sha256_of(path) for path in _files(folder)}
    _write_manifest(folder / "manifest.json", {**environment, "files": files})


def _write_manifest(path: Path, value: Mapping[str, object]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _pack(folder: Path, target: Path) -> None:
    """Names sorted, no times, no owners. Wheels are compressed already, so the fastest level is enough."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for path in _files(folder):
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size = path.stat().st_size
            entry.mode = 0o755 if os.access(path, os.X_OK) else 0o644
            with path.open("rb") as content:
                archive.addfile(entry, content)
