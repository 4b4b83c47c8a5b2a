"""What labelled data is: examples, and what was found wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

TRAIN, VALIDATION, TEST = PARTS = ("train", "validation", "test")
SPELLINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "train": TRAIN,
        "training": TRAIN,
        "validation": VALIDATION,
        "valid": VALIDATION,
        "val": VALIDATION,
        "dev": VALIDATION,
        "test": TEST,
        "held-out": TEST,
    }
)
"""The names that data sets give their parts, and what they mean here."""


class Level(StrEnum):
    """What a finding means for the training."""

    STOP = "stop"  # nothing is trained until it is mended
    LEFT_OUT = "left out"  # these rows are not trained on
    WARNING = "warning"  # trained all the same; the scores may mislead


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One labelled text or image.

    `row` is where a person finds it: `tweets.csv:17` (the line) or `cat/1.jpg`. Examples of one `group` (a document, an
    author) must not be parted. `part` is one of PARTS, or empty where the data does not say. `slice` is a part of
    the data that is scored for itself, too.
    """

    row: str
    label: str
    text: str = ""
    image: Path | None = None
    group: str = ""
    part: str = ""
    slice: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One kind of trouble: the rows that have it, why it matters, and what to do."""

    kind: str
    level: Level
    rows: tuple[str, ...]
    reason: str
    action: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """What was read: the examples that can be used, and what was found."""

    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> bool:
        """Whether something must be mended first."""
        return any(finding.level is Level.STOP for finding in self.findings)
