"""Labelled data for a new version of a model: read, checked and split before anything is trained."""

from serving.finetune.checks import Limits, check
from serving.finetune.read import read
from serving.finetune.split import split
from serving.finetune.types import PARTS, Data, Example, Finding, Level

__all__ = ["PARTS", "Data", "Example", "Finding", "Level", "Limits", "check", "read", "split"]
