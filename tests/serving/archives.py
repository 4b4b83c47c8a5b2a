"""Archives for tests: real ones of the shipped models, and one with a handler that misbehaves on demand."""

import fcntl
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from serving.archive import HANDLER, PACKAGE, ROOT, ready
from serving.handlers.types import encoded
from serving.model import find

MISCHIEF = """
import os, time
from serving.handlers.types import Reply, answer

class Mischief:
    def __init__(self, loading):
        self.loading = loading

    def predict(self, items):
        words = [item.body.decode() for item in items]
        if "poison" in words:
            raise ValueError("poison")
        for word in words:
            if word == "exit":
                os._exit(3)
            if word.startswith("sleep "):
                time.sleep(float(word.removeprefix("sleep ")))
        return [answer(self.loading, [{"said": word, "kind": item.content_type, "together": len(items)}])
                for word, item in zip(words, items)]

def load(loading):
    return Mischief(loading)
"""


def shipped(name: str, factory: pytest.TempPathFactory, *, compiled: bool = False) -> Path:
    """A model as it is shipped, compiled where there is a compiler; built once for all processes of a run of tests."""
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shipped"
    place.mkdir(exist_ok=True)
    kind = "compiled" if (compiles := compiled and shutil.which("g++") is not None) else "exported"
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return ready(find(name), lambda _: None, compiled=compiles, target=place / f"{name}-{kind}.mar")


def misbehaving(folder: Path, **serving: int) -> Path:
    """An archive that answers what it was sent; `exit`, `poison` and `sleep <seconds>` do what they say."""
    about = {
        "name": "mischief",
        "version": "1.0",
        "task": "mischief",
        "settings": {},
        "sample": "sample.txt",
        "serving": {
            "batch_size": 4,
            "max_batch_delay_ms": 20,
            "queue_size": 200,
            "response_timeout_seconds": 3,
            "startup_timeout_seconds": 60,
            **serving,
        },
    }
    manifest = {"runtime": "python", "model": {"modelName": "mischief", "modelVersion": "1.0", "handler": "handler.py"}}
    path = folder / "mischief.mar"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", json.dumps(about))
        archive.writestr("MAR-INF/MANIFEST.json", encoded(manifest))
        archive.writestr("handler.py", HANDLER)
        archive.writestr("sample.txt", "hello")
        archive.writestr("serving/__init__.py", PACKAGE)
        archive.writestr("serving/handlers/mischief.py", MISCHIEF)
        for source in sorted((ROOT / "serving" / "handlers").glob("*.py")):
            archive.write(source, f"serving/handlers/{source.name}")
    return path
