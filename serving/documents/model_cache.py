"""Models unpacked once for all worker processes of a machine, in a folder that they share.

`python -m serving.documents.model_cache MODEL CACHE` builds one: a process of its own, because torch, transformers and
the network would stay in the memory of whoever builds it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from serving.errors import InputError, IntegrityError, ServingError
from serving.model import Model

ROOT: Final = Path(__file__).resolve().parents[2]
BUILT: Final = "ready"
ERRORS: Final = {"InputError": InputError, "IntegrityError": IntegrityError}


def folder(model: Model, cache: Path) -> Path:
    """The unpacked archive of a model, in its exported form; built now if no worker has done so yet.

    A model with other files, or another torch, is another folder. Two workers never build at once, and a folder appears
    only when whole. Raises InputError, IntegrityError and ServingError as serving.archive.build does.
    """
    target = place(model, cache)
    if target.is_dir():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache / f"{target.name}.lock"):
            if not target.is_dir():
                _build(model, target)
    except OSError as error:
        raise InputError(str(cache), error.strerror or str(error), "give a folder that can be written to") from None
    return target


def place(model: Model, cache: Path) -> Path:
    """Where the model lies in the cache, or will: its name says what it was made from."""
    from serving.archive import made_from  # here, as an instance has this module and builds nothing

    return cache / f"{model.name}-{model.version}-{made_from(model)}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process of this machine at a time; the lock goes with the process that holds it."""
    import fcntl

    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(model: Model, target: Path) -> None:
    prefix = f"{target.name}.building-"
    for left in target.parent.glob(f"{prefix}*"):  # by a process that was killed: nobody else builds this one now
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=target.parent, ignore_cleanup_errors=True) as scratch:
        _built(model, Path(scratch))
        try:
            (Path(scratch) / BUILT).rename(target)
        except OSError:
            if not target.is_dir():  # else another machine was first, in a folder that machines share
                raise


def _built(model: Model, scratch: Path) -> None:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(  # noqa: S603 - this Python, a module of ours
        [sys.executable, "-P", "-m", "serving.documents.model_cache", str(model.folder.resolve()), str(scratch)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return
    try:
        name, thing, reason, action = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        said = (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1]
        raise ServingError(f"model {model.name}", f"it cannot be built ({said[:200]})", "mend that") from None
    raise ERRORS.get(name, ServingError)(thing, reason, action)


def main(source: str, scratch: str) -> int:
    """Build and unpack; an error is one line of JSON on standard output."""
    from serving.archive import build
    from serving.packed import unpack

    try:
        built = build(Model.read(Path(source)), Path(scratch) / "model.mar", compiled=False)
        unpack(built.path, Path(scratch) / BUILT)
    except ServingError as error:
        sys.stdout.write(json.dumps([type(error).__name__, error.thing, error.reason, error.action]) + "\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
