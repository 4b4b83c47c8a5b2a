"""A job as a folder that can be carried to another machine."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from serving.errors import InputError
from serving.finetune.job import Job
from serving.finetune.read import Columns
from serving.finetune.settings import Method, settings
from serving.model import Model

FILE: Final = "job.json"


def pack(job: Job, folder: Path) -> Path:
    """Write a job with its model, weights and data into `folder`, which must not be there yet."""
    folder.mkdir(parents=True)
    model = folder / "model" / job.model.name
    shutil.copytree(job.model.folder, model, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    (model / "weights").mkdir()
    files = {}
    for role, path in job.files.items():
        files[role] = f"weights/{role}{path.suffix}"
        shutil.copyfile(path, model / files[role])
    about: dict[str, Any] = {
        "model": job.model.name,
        "files": files,
        "settings": {**asdict(job.settings), "method": str(job.settings.method)},
        "columns": asdict(job.columns),
        "curve": list(job.curve),
        "licence": job.licence,
    }
    for key in ("data", "labels", "answers"):
        path = getattr(job, key)
        if path is None:
            continue
        target = folder / "data" / key / path.name
        target.parent.mkdir(parents=True)
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, target)
        about[key] = target.relative_to(folder).as_posix()
    (folder / FILE).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return folder


def unpacked(folder: Path) -> Job:
    """The job of a folder that `pack` has written; raises InputError."""
    try:
        about = json.loads((folder / FILE).read_text(encoding="utf-8"))
        model = Model.read(folder / "model" / about["model"])
        given = about["settings"]
        return Job(
            model=model,
            files={role: model.folder / path for role, path in about["files"].items()},
            data=folder / about["data"],
            settings=settings(Method(given.pop("method")), **given),
            work=folder / "work",
            result=folder / "result",
            columns=Columns(**about["columns"]),
            labels=folder / about["labels"] if "labels" in about else None,
            answers=folder / about["answers"] if "answers" in about else None,
            curve=tuple(about["curve"]),
            licence=about["licence"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(str(folder / FILE), f"not a whole job ({error})", "write it again") from None
