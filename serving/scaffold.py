"""A new model folder, made from the shipped model of the same task."""

import re
import shutil
from pathlib import Path
from typing import Final

from serving.errors import InputError
from serving.model import MODELS, SHIPPED, Model
from serving.version_record import FOLDER

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
PATTERNS: Final = {
    "image-classification": "efficientnet_lite0",
    "text-embedding": "minilm",
    "sentiment": "sentiment",
    "text-generation": "smollm2_135m_instruct",
}
# A capacity belongs to the model it was measured with, and so do its later versions.
LEFT_OUT: Final = ("capacity.toml", "__pycache__", FOLDER)


def scaffold(name: str, task: str, models: Path = MODELS, shipped: Path = SHIPPED) -> Path:
    """Make the folder; raises InputError for a name that cannot be used or is taken."""
    if not NAME.fullmatch(name):
        raise InputError(f"model {name}", "a name is lower case letters, digits and _, 40 at most", "choose another")
    folder = models / name
    if folder.exists():
        raise InputError(f"model {name}", "its folder is there already", "choose another name, or edit that folder")
    pattern = shipped / PATTERNS[task]
    shutil.copytree(pattern, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    file = folder / "model.toml"
    text = file.read_text(encoding="utf-8").replace(f'name = "{pattern.name}"', f'name = "{name}"', 1)
    file.write_text(text, encoding="utf-8")
    Model.read(folder)
    return folder
