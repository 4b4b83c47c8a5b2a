"""From the answers for passages and pages to one for the document.

The rule: probabilities are averaged, each passage with its number of tokens as weight; a page's are the mean of its
passages, a document's the mean of all its passages. The label is that of the highest mean, of equal ones the first.
Embeddings are averaged with the same weights and brought back to length 1. Pages that were classified count alike.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from serving.client.results import Classification, Embedding, Prediction, Sentiment
from serving.documents.chunk import Chunk

DECIMALS: Final = 6
# Labels of a page or document that was classified; models here name as many.
TOP: Final = 5


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Mean probability of each label, which is rounded only here; `label` and `score` are those of the highest."""

    scores: Mapping[str, float]

    @property
    def label(self) -> str:
        """The likeliest label."""
        return max(self.scores, key=self.scores.__getitem__)

    def as_json(self) -> dict[str, Any]:
        """`label`, `score` and `scores` of a row."""
        rounded = {label: round(score, DECIMALS) for label, score in self.scores.items()}
        return {"label": self.label, "score": rounded[self.label], "scores": rounded}


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What a row says of a document; `pages` by their number. Which parts there are depends on the model's task."""

    whole: Judgement | None = None
    pages: Mapping[int, Judgement] = field(default_factory=dict)
    passages: Sequence[Mapping[str, Any]] = ()
    embedding: Sequence[float] = ()


def of_passages(chunks: Sequence[Chunk], answers: Sequence[Prediction]) -> Gathered:
    """Of a document's passages, at least one, and the answer for each: sentiments or embeddings."""
    if isinstance(answers[0], Embedding):
        vectors = [one.vector for one in answers if isinstance(one, Embedding)]
        return Gathered(embedding=_direction(vectors, [chunk.tokens for chunk in chunks]))
    pairs = [(chunk, answer) for chunk, answer in zip(chunks, answers, strict=True) if isinstance(answer, Sentiment)]
    numbers = dict.fromkeys(chunk.page for chunk, _ in pairs)
    return Gathered(
        whole=_mean((answer.scores, chunk.tokens) for chunk, answer in pairs),
        pages={n: _mean((answer.scores, chunk.tokens) for chunk, answer in pairs if chunk.page == n) for n in numbers},
        passages=[_passage(chunk, answer) for chunk, answer in pairs],
    )


def of_pictures(pages: Sequence[int], answers: Sequence[Prediction]) -> Gathered:
    """Of a document's pages, by number, and the classification of each.

    A label that is not among a page's best counts as 0 there; of the means the TOP highest are kept.
    """
    tops = [{one.label: one.score for one in each.top} for each in answers if isinstance(each, Classification)]
    whole = sorted(_mean((top, 1) for top in tops).scores.items(), key=lambda pair: -pair[1])[:TOP]
    return Gathered(
        whole=Judgement(scores=dict(whole)),
        pages={number: Judgement(scores=top) for number, top in zip(pages, tops, strict=True)},
    )


def _passage(chunk: Chunk, answer: Sentiment) -> Mapping[str, Any]:
    score = round(answer.score, DECIMALS)
    return {"page": chunk.page, "start": chunk.start, "end": chunk.end, "label": answer.label, "score": score}


def _mean(weighted: Iterable[tuple[Mapping[str, float], int]]) -> Judgement:
    sums: dict[str, float] = {}
    total = 0
    for scores, weight in weighted:
        total += weight
        for label, score in scores.items():
            sums[label] = sums.get(label, 0.0) + weight * score
    return Judgement(scores={label: value / total for label, value in sums.items()})


def _direction(vectors: Sequence[Sequence[float]], weights: Sequence[int]) -> list[float]:
    sums = [0.0] * len(vectors[0])
    for vector, weight in zip(vectors, weights, strict=True):
        for place, value in enumerate(vector):
            sums[place] += weight * value
    length = math.sqrt(sum(value * value for value in sums)) or 1.0
    return [round(value / length, DECIMALS) for value in sums]
