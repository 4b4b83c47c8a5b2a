"""How good a classifier is, with what chance makes of it: macro F1 with intervals, calibration, slices.

Intervals are percentiles of 2,000 resamples of the test part (Efron's bootstrap), the same draws for both sides of a
comparison, so that what is hard for both does not count as a difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

DRAWS: Final = 2_000
SEED: Final = 20261128
LEVEL: Final = 0.95
BINS: Final = 10
SMALL: Final = 20  # examples below which a slice says nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A figure and the interval that holds it 95 times in 100."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassScore:
    """One class: how often it was right when it was said, and how many of its examples were found."""

    label: str
    examples: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Predictions of nearly one score: how sure they were, how often they were right."""

    count: int
    said: float
    right: float


@dataclass(frozen=True, kw_only=True)
class Scores:
    """All of one classifier on one test part.

    `confusion[i][j]`: examples of class i that were taken for class j. `calibration_error`: how far scores are from the
    share that is right, weighted by count (expected calibration error, 10 bins); None where there are only labels.
    """

    labels: tuple[str, ...]
    examples: int
    accuracy: Measured
    macro_f1: Measured
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float | None
    bins: tuple[Bin, ...]
    slices: Mapping[str, tuple[int, float]]


def scored(
    truth: Any, found: Any, labels: Sequence[str], sure: Any = None, slices: Mapping[str, Any] | None = None
) -> Scores:
    """Score predictions: `truth` and `found` int [n] (`found` -1 for an answer that is none of the labels).

    `sure` float [n]: the score of what was found. `slices`: name to bool [n].
    """
    count = len(labels)
    table = confusion(truth, found, count)
    resampled = _resampled(truth, found, count)
    error, bins = _calibration(truth == found, sure) if sure is not None else (None, ())
    return Scores(
        labels=tuple(labels),
        examples=len(truth),
        accuracy=_measured(_accuracy(table), [_accuracy(one) for one in resampled]),
        macro_f1=_measured(_macro(table), [_macro(one) for one in resampled]),
        classes=tuple(_class(table, place, label) for place, label in enumerate(labels)),
        confusion=tuple(tuple(int(n) for n in row[:count]) for row in table),
        calibration_error=error,
        bins=bins,
        slices={
            name: (int(inside.sum()), macro_f1(truth[inside], found[inside], _there(truth[inside])))
            for name, inside in (slices or {}).items()
            if inside.sum() >= SMALL
        },
    )


def difference(truth: Any, ours: Any, theirs: Any, count: int) -> Measured:
    """Macro F1 of `ours` less that of `theirs`, over the same resamples."""
    pairs = zip(_resampled(truth, ours, count), _resampled(truth, theirs, count), strict=True)
    value = _macro(confusion(truth, ours, count)) - _macro(confusion(truth, theirs, count))
    return _measured(value, [_macro(a) - _macro(b) for a, b in pairs])


def macro_f1(truth: Any, found: Any, classes: Sequence[int] | None = None) -> float:
    """Mean F1 of the classes: of those named, else of those that occur."""
    truth, found = np.asarray(truth), np.asarray(found)
    if not len(truth):
        return 0.0
    names = _there(truth) if classes is None else classes
    count = int(max(truth.max(), found.max(), *names)) + 1
    f1 = _f1(confusion(truth, found, count))
    return float(np.mean([f1[name] for name in names]))


def confusion(truth: Any, found: Any, count: int) -> Any:
    """Counts, int [count, count + 1]: rows the truth, columns what was found; the last one: none of the labels."""
    places = np.where((found < 0) | (found >= count), count, found)
    return np.bincount(truth * (count + 1) + places, minlength=count * (count + 1)).reshape(count, count + 1)


def _resampled(truth: Any, found: Any, count: int) -> list[Any]:
    random = np.random.default_rng(SEED)
    made = []
    for _ in range(DRAWS):
        drawn = random.integers(0, len(truth), len(truth))
        made.append(confusion(truth[drawn], found[drawn], count))
    return made


def _there(truth: Any) -> list[int]:
    return sorted(set(truth.tolist()))


def _f1(table: Any) -> Any:
    right = np.diagonal(table)
    said, are = table[:, : len(table)].sum(0), table.sum(1)
    return 2 * right / np.maximum(said + are, 1)


def _macro(table: Any) -> float:
    return float(_f1(table).mean())


def _accuracy(table: Any) -> float:
    return float(np.diagonal(table).sum() / max(table.sum(), 1))


def _measured(value: float, drawn: Sequence[float]) -> Measured:
    outside = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [outside, 1 - outside])
    return Measured(value=float(value), low=float(low), high=float(high))


def _class(table: Any, place: int, label: str) -> ClassScore:
    right, said, are = table[place, place], table[:, place].sum(), table[place].sum()
    return ClassScore(
        label=label,
        examples=int(are),
        precision=float(right / max(said, 1)),
        recall=float(right / max(are, 1)),
        f1=float(_f1(table)[place]),
    )


def _calibration(right: Any, sure: Any) -> tuple[float, tuple[Bin, ...]]:
    places = np.minimum((np.asarray(sure) * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for place in range(BINS):
        inside = places == place
        count = int(inside.sum())
        if count:
            said, hit = float(np.mean(sure[inside])), float(np.mean(right[inside]))
            bins.append(Bin(count=count, said=said, right=hit))
            error += count / len(right) * abs(said - hit)
    return error, tuple(bins)
