"""What came of a fine-tuning: how good the new version is, beside what, and whether it is better."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from serving.finetune.scores import Measured, Scores
from serving.finetune.types import Finding


class Verdict(StrEnum):
    """How the new version compares with the one in use; where that has other labels, with the commonest label."""

    BETTER = "better"  # the whole interval of the difference lies above 0
    UNPROVEN = "better, but not by more than chance may give"
    WORSE = "not better"  # the difference is 0 or below


@dataclass(frozen=True, kw_only=True)
class Point:
    """A point of the learning curve: macro F1 on the whole test part after training on so many examples."""

    examples: int
    macro_f1: Measured


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Another side on the same items: its scores, and how far ours are above them in macro F1.

    `examples` is how many of the test part it answered.
    """

    name: str
    scores: Scores
    difference: Measured
    examples: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All of one fine-tuning.

    `current` is None where the version in use knows other labels. `counts`: examples by part and label. `training` is
    what the loop says: seconds, steps, epochs, best step, history.
    """

    model: str
    parent: str
    labels: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    scores: Scores
    verdict: Verdict
    current: Beside | None
    commonest: Beside
    api: Beside | None
    curve: tuple[Point, ...]
    training: Mapping[str, Any]
    about: Mapping[str, Any]
    folder: Path

    def document(self) -> dict[str, Any]:
        """Everything but the folder, for JSON."""
        found = {
            key: value for key, value in asdict(self).items() if key not in ("folder", "findings", "scores", "training")
        }
        scores = asdict(self.scores)
        return {
            **found,
            "verdict": self.verdict.name.lower(),
            **scores,
            "training": dict(self.training),
            "findings": [
                {"kind": f.kind, "level": f.level.value, "rows": len(f.rows), "reason": f.reason} for f in self.findings
            ],
        }


def verdict(difference: Measured) -> Verdict:
    """What a difference in macro F1 and its interval say."""
    if difference.value <= 0:
        return Verdict.WORSE
    return Verdict.BETTER if difference.low > 0 else Verdict.UNPROVEN
