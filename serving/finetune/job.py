"""One fine-tuning: the model, the data, the settings, and the folders it works in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from serving.finetune.read import Columns
from serving.finetune.settings import Settings
from serving.model import Model


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be done.

    `files`: the model's weights by role. `labels`: a CSV of id,label for rows of the document pipeline; `answers`: a
    managed API's answers on the same items; `curve`: sizes of training parts to measure beside the whole one.
    `work` keeps checkpoints, `result` gets the new version's folder.
    """

    model: Model
    files: Mapping[str, Path]
    data: Path
    settings: Settings
    work: Path
    result: Path
    columns: Columns = Columns()
    labels: Path | None = None
    answers: Path | None = None
    curve: tuple[int, ...] = ()
    licence: str = "not stated"
