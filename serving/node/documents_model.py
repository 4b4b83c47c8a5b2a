"""The served model as a model folder: what reading documents needs of it, taken out of the archive that is served.

An instance has neither this project's models nor a way to the packages that their weights come from.
"""

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from serving.digest import sha256_of
from serving.packed import about

TOKENIZER: Final = "tokenizer.json"


def folder(archive: Path, target: Path) -> Path:
    """Write the folder, named like the model, below `target`, replacing it. Raises IntegrityError as `about` does."""
    said = about(archive)
    made = target / str(said["name"])
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    with zipfile.ZipFile(archive) as packed:
        has_tokenizer = TOKENIZER in packed.namelist()
        if has_tokenizer:
            (made / TOKENIZER).write_bytes(packed.read(TOKENIZER))
    (made / "model.toml").write_text(_described(said, made / TOKENIZER if has_tokenizer else None), encoding="utf-8")
    return made


def _described(said: Mapping[str, Any], tokenizer: Path | None) -> str:
    weights = []
    if tokenizer:
        row = {"role": "tokenizer", "source": "folder", "file": tokenizer.name, "sha256": sha256_of(tokenizer)}
        weights.append(row)
    kept = ("name", "version", "task", "unit", "licence", "serving", "settings")
    values = {**{key: said[key] for key in kept}, "summary": "Served on this instance.", "weights": weights}
    return "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())


def _toml(value: Any) -> str:
    """JSON, with tables as TOML writes them in a line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
