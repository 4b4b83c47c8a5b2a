"""What an endpoint answers, typed: one class per task, and one for an instance that failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """A label and its probability."""

    label: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Classification:
    """What an image shows; `top` holds the best labels, best first."""

    label: str
    score: float
    top: tuple[LabelScore, ...]


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """A text as a vector; `tokens` were read, `truncated` says whether the text had more."""

    vector: tuple[float, ...]
    tokens: int
    truncated: bool


@dataclass(frozen=True, kw_only=True)
class Sentiment:
    """The likeliest sentiment of a text and the probability of each."""

    label: str
    score: float
    scores: Mapping[str, float]
    tokens: int
    truncated: bool


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A generated text; `finish` is `stop`, or `length` when it was cut off."""

    text: str
    prompt_tokens: int
    tokens: int
    finish: str


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What a stream adds to its text."""

    text: str


@dataclass(frozen=True, kw_only=True)
class ItemFailure:
    """An instance without a prediction: its place in what was given, the HTTP status (0: no answer), one sentence."""

    index: int
    code: int
    message: str


Prediction = Classification | Embedding | Sentiment | Generation
Result = Prediction | ItemFailure


def prediction(row: Mapping[str, Any]) -> Prediction:
    """One object of `predictions`, typed by its keys; raises KeyError, TypeError or ValueError for another shape."""
    if "embedding" in row:
        return Embedding(vector=tuple(map(float, row["embedding"])), **_counted(row))
    if "top" in row:
        top = tuple(LabelScore(label=str(one["label"]), score=float(one["score"])) for one in row["top"])
        return Classification(label=str(row["label"]), score=float(row["score"]), top=top)
    if "scores" in row:
        scores = {str(label): float(score) for label, score in row["scores"].items()}
        return Sentiment(label=str(row["label"]), score=float(row["score"]), scores=scores, **_counted(row))
    return Generation(
        text=str(row["text"]),
        prompt_tokens=int(row["prompt_tokens"]),
        tokens=int(row["tokens"]),
        finish=str(row["finish"]),
    )


def _counted(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"tokens": int(row["tokens"]), "truncated": bool(row["truncated"])}
