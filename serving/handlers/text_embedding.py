"""Texts to embeddings: unit vectors whose scalar product is the similarity of the texts."""

from collections.abc import Sequence
from typing import Any

from serving.handlers import forms, tokens
from serving.handlers.requests import predict_flat, text
from serving.handlers.types import Item, Loading, Reply

# Of each number. Seven decimals are more than float32 carries here, and a third shorter on the wire.
DECIMALS = 7


class TextEmbedder:
    """A loaded embedding model."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading
        self._network = forms.load(loading)
        self._tokenizer = tokens.load(loading)

    def predict(self, items: Sequence[Item]) -> list[Reply]:
        """One reply per request."""
        return predict_flat(items, self._loading, tokens.raw, text, self._embed)

    def _embed(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        rows = self._tokenizer(texts)
        vectors = tokens.run(rows, self._tokenizer.padding, self._network, self._loading.device).tolist()
        return [
            {"embedding": [round(x, DECIMALS) for x in vector], **row.report()}
            for row, vector in zip(rows, vectors, strict=True)
        ]


def load(loading: Loading) -> TextEmbedder:
    """The predictor of an unpacked archive."""
    return TextEmbedder(loading)
