"""Labelled data to a new version of a model: read, checked, split, trained, judged, described."""

from serving.finetune.checks import Limits, check
from serving.finetune.job import Job
from serving.finetune.outcome import Beside, Outcome, Point, Verdict
from serving.finetune.read import Columns, read
from serving.finetune.run import checked, digest, run
from serving.finetune.scores import Measured, Scores
from serving.finetune.settings import Method, Settings, settings
from serving.finetune.split import split
from serving.finetune.types import PARTS, Data, Example, Finding, Level

__all__ = [
    "PARTS", "Columns", "Data", "Example", "Finding", "Level", "Limits", "check", "read", "split",
    "Job", "Method", "Settings", "checked", "digest", "run", "settings",
    "Beside", "Measured", "Outcome", "Point", "Scores", "Verdict",
]  # fmt: skip
