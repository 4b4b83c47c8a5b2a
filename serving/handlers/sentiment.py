"""Texts to a sentiment, with a probability for each label."""

from collections.abc import Sequence
from typing import Any

from serving.handlers import forms, tokens
from serving.handlers.requests import predict_flat, text
from serving.handlers.types import Item, Loading, Reply

DECIMALS = 6


class SentimentClassifier:
    """A loaded sentiment model; `settings.labels` names its outputs in their order."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading
        self._network = forms.load(loading)
        self._tokenizer = tokens.load(loading)
        self._labels = tuple(loading.settings["labels"])

    def predict(self, items: Sequence[Item]) -> list[Reply]:
        """One reply per request."""
        return predict_flat(items, self._loading, tokens.raw, text, self._classify)

    def _classify(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        rows = self._tokenizer(texts)
        found = tokens.run(rows, self._tokenizer.padding, self._network, self._loading.device).tolist()
        return [{**self._prediction(scores), **row.report()} for row, scores in zip(rows, found, strict=True)]

    def _prediction(self, scores: Sequence[float]) -> dict[str, Any]:
        by_label = {label: round(s, DECIMALS) for label, s in zip(self._labels, scores, strict=True)}
        label = max(by_label, key=by_label.__getitem__)
        return {"label": label, "score": by_label[label], "scores": by_label}


def load(loading: Loading) -> SentimentClassifier:
    """The predictor of an unpacked archive."""
    return SentimentClassifier(loading)
