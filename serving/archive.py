"""Model archives: what TorchServe unpacks and runs. The same input gives the same bytes."""

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from serving import packed, version_record
from serving.compile import write_forms
from serving.digest import note, sha256_of
from serving.errors import IntegrityError
from serving.model import Model

ROOT: Final = Path(__file__).resolve().parents[1]
STORE: Final = Path(os.environ.get("BREAKEVEN_MODEL_STORE") or ROOT / "model_store").absolute()
CACHE: Final = STORE / "weights"
# Written about a model into its folder, and nothing that an archive holds.
ABOUT: Final = frozenset({"capacity.toml", "card.md", "scores.json"})
EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
HANDLER: Final = (
    "# TorchServe finds the handler by the name of this file.\nfrom serving.handlers.adapter import handle\n"
)

# A server that is itself part of a package `serving` finds the archive's handlers first and its own code after them.
PACKAGE: Final = "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"


@dataclass(frozen=True, kw_only=True)
class Built:
    """A built archive."""

    path: Path
    sha256: str
    size_bytes: int


def build(model: Model, target: Path | None = None, *, compiled: bool = True, cache: Path = CACHE) -> Built:
    """Build the archive and `<archive>.sha256` beside it; both appear only when whole.

    `compiled`: also the forms made for this machine's instruction set (needs a C++ compiler, half a minute).
    Raises InputError, IntegrityError, ServingError.
    """
    path = target or STORE / f"{model.name}.mar"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="archive-", dir=path.parent) as scratch:
        folder = Path(scratch) / "content"
        _write_content(model, folder, cache, compiled=compiled)
        made = Path(scratch) / path.name
        _pack(folder, made)
        digest = sha256_of(made)
        made.replace(path)
    note(path, digest)
    return Built(path=path, sha256=digest, size_bytes=path.stat().st_size)


def ready(
    model: Model,
    say: Callable[[str], None],
    store: Path = STORE,
    *,
    compiled: bool = True,
    target: Path | None = None,
) -> Path:
    """The model's archive in the store, or `target`; built first where there is none, or one of other files or code."""
    path = target or store / f"{model.name}.mar"
    if not is_current(model, path):
        say(f"Building {path} ...")
        build(model, path, compiled=compiled)
    return path


def made_from(model: Model) -> str:
    """A short digest of all that decides what is in an archive: the model's files, our code, the version of torch."""
    whole = hashlib.sha256(metadata.version("torch").encode())
    later = version_record.place(model.folder)
    own = (path for path in model.folder.rglob("*") if path.is_file() and not path.is_relative_to(later))
    code = [ROOT / "serving" / "archive.py", ROOT / "serving" / "compile.py", *_handlers()]
    for path in [*sorted(own), *code]:
        if path.name not in ABOUT and path.suffix != ".pyc":
            whole.update(f"{path.name} {sha256_of(path)}\n".encode())
    return whole.hexdigest()[:12]


def is_current(model: Model, path: Path) -> bool:
    """Whether a file is the archive of these files of the model, and of this code."""
    try:
        return path.is_file() and packed.about(path).get("made_from") == made_from(model)
    except IntegrityError:  # cut short, or something else by that name
        return False


def _handlers() -> list[Path]:
    return sorted((ROOT / "serving" / "handlers").glob("*.py"))


def _write_content(model: Model, folder: Path, cache: Path, *, compiled: bool) -> None:
    weights, network = model.files(cache), model.network()
    folder.mkdir()
    if hasattr(network, "network"):  # text generation is a loop around a network: its files go in as they are
        write_forms(network, weights, folder, compiled=compiled)
    for name, source in (network.files(weights) if hasattr(network, "files") else {}).items():
        shutil.copyfile(source, folder / name)
    shutil.copyfile(model.sample, folder / model.sample.name)
    for name in ("LICENSE",):
        if (model.folder / name).is_file():
            shutil.copyfile(model.folder / name, folder / name)
    _copy_handlers(folder)
    (folder / "handler.py").write_text(HANDLER, encoding="utf-8")
    _write_json(folder / "model.json", _about(model))
    _write_json(folder / "MAR-INF" / "MANIFEST.json", _manifest(model))
    # JSON is YAML; TorchServe reads this file as YAML.
    _write_json(folder / "model-config.yaml", {"handler": {}})


def _copy_handlers(folder: Path) -> None:
    """The archive runs where this repository is not."""
    target = folder / "serving" / "handlers"
    target.mkdir(parents=True)
    (folder / "serving" / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    for source in _handlers():
        shutil.copyfile(source, target / source.name)


def _about(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "task": model.task,
        "unit": model.unit,
        "licence": model.licence,
        "settings": dict(model.settings),
        "sample": model.sample.name,
        "weights": [
            {"role": w.role, "origin": w.origin, "version": w.version, "sha256": w.sha256} for w in model.weights
        ],
        "serving": asdict(model.serving),
        "made_from": made_from(model),
    }


def _manifest(model: Model) -> dict[str, Any]:
    return {
        "createdOn": "01/01/1980 00:00:00",
        "runtime": "python",
        "model": {
            "modelName": model.name,
            "modelVersion": model.version,
            "handler": "handler.py",
            "configFile": "model-config.yaml",
        },
        "archiverVersion": "0.12.0",
    }


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _pack(folder: Path, target: Path) -> None:
    """Stored, not deflated: weights hardly shrink, and a node starts sooner."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            entry.external_attr = 0o100644 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
