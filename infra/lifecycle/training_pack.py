"""A job's folder as one file that is the same for the same content, and a result's file as a folder again."""

import gzip
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from infra.costs.errors import InputError
from infra.lifecycle.errors import DeploymentError
from infra.lifecycle.training_types import Job
from serving.digest import sha256_of

NEEDED: Final = ("job.json", "model")


@contextmanager
def packed(folder: Path) -> Iterator[tuple[Job, Path]]:
    """A job's folder as a file for a while, and what job it is."""
    with tempfile.TemporaryDirectory(prefix="breakeven-job-") as scratch:
        target = Path(scratch) / "job.tar.gz"
        yield pack(folder, target), target


def pack(folder: Path, target: Path) -> Job:
    """Write settings, data and model into `target`; checkpoints and results stay. Raises InputError for no job."""
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if not list(folder.glob("data*")):
        missing.append("data")
    if missing:
        raise InputError(str(folder), f"no job: {', '.join(missing)} is missing", "see breakeven finetune --help")
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in _files(folder):
            entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
            entry.size = path.stat().st_size
            with path.open("rb") as content:
                archive.addfile(entry, content)
    return Job(sha256=sha256_of(target), size_bytes=target.stat().st_size)


def unpack(packed: Path, sha256: str, target: Path) -> Path:
    """A result in the place of an earlier one, once it is proven and whole; raises DeploymentError."""
    if sha256_of(packed) != sha256:
        raise DeploymentError("the result", "it is not what the instance stored", "fetch it again")
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with tarfile.open(packed, "r:gz") as archive:
            archive.extractall(partial, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise DeploymentError("the result", f"it cannot be unpacked ({error})", "free space, fetch it again") from None
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return target


def _files(folder: Path) -> Iterator[Path]:
    """Files by name; what a link points to counts as a file, since weights are often linked."""
    tops = [folder / name for name in NEEDED] + list(folder.glob("data*"))
    for top in sorted(tops):
        inside = [top] if top.is_file() else top.rglob("*")
        yield from sorted(path for path in inside if path.is_file())
