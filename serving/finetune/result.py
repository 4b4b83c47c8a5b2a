"""The folder of a new version: weights, labels, and the model's own files with what has changed."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from serving.digest import sha256_of
from serving.model import Model, Weights

KEPT: Final = ("network.py", "LICENSE")
NAMED: Final = 12  # labels that a summary names


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a version was made from, in words for its model.toml."""

    method: str
    data: str
    licence: str


def write(
    model: Model, states: Mapping[str, Mapping[str, Any]], labels: Sequence[str], origin: Origin, folder: Path
) -> Model:
    """Write a whole model folder called like the model into `folder`; what was there is replaced."""
    from safetensors.torch import save_file

    target = folder / model.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in (*KEPT, model.sample.name):
        if (model.folder / name).is_file():
            shutil.copyfile(model.folder / name, target / name)
    rows = {weights.role: weights for weights in model.weights}
    for role, state in states.items():
        path = target / f"{role}.safetensors"
        save_file(dict(state), path)
        path.chmod(0o644)  # the library writes for its owner alone
        rows[role] = _of_folder(role, path)
    for weights in rows.values():  # an earlier version's own files, where this one has not trained them
        if weights.source == "folder" and not (target / weights.file).exists():
            shutil.copyfile(model.folder / weights.file, target / weights.file)
    settings = dict(model.settings)
    if "labels" in settings:
        settings["labels"] = list(labels)
    else:
        (target / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    text = _toml(_told(model, origin, labels), list(rows.values()), settings)
    (target / "model.toml").write_text(text, encoding="utf-8")
    return Model.read(target)


def _told(model: Model, origin: Origin, labels: Sequence[str]) -> Model:
    """The model with what is true of the new version: its summary and its licence."""
    first = model.summary.split(": ")[0]
    named = ", ".join(labels) if len(labels) <= NAMED else f"{len(labels)} labels"
    return replace(
        model,
        summary=f"{first}, version {model.version} fine-tuned ({origin.method}) on {origin.data}: {named}.",
        licence=f"{model.licence}; trained on {origin.data} (licence: {origin.licence})",
    )


def _of_folder(role: str, path: Path) -> Weights:
    return Weights(role=role, source="folder", origin="", version="", file=path.name, sha256=sha256_of(path))


def _toml(model: Model, weights: Sequence[Weights], settings: Mapping[str, Any]) -> str:
    about = {key: getattr(model, key) for key in ("name", "version", "task", "unit", "summary", "licence")}
    lines = [_pair(key, value) for key, value in about.items()]
    for row in weights:
        lines += ["", "[[weights]]", _pair("role", row.role), _pair("source", row.source)]
        if row.source == "package":
            lines += [_pair("package", row.origin), _pair("version", row.version)]
        elif row.source == "hub":
            address = row.origin.startswith("https://")
            lines += [_pair("url" if address else "repository", row.origin), _pair("revision", row.version)]
        lines += [_pair("file", row.file), _pair("sha256", row.sha256)]
    lines += ["", "[serving]", *(_pair(key, value) for key, value in asdict(model.serving).items())]
    lines += ["", "[settings]", *(_pair(key, value) for key, value in settings.items())]
    return "\n".join(lines) + "\n"


def _pair(key: str, value: Any) -> str:
    # What JSON writes of texts, numbers, truth values and lists of them is TOML as well.
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
