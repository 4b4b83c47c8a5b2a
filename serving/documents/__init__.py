"""Documents of many formats to predictions: read, turn upright, OCR, cut, predict, gather."""

from typing import TYPE_CHECKING, Any

from serving.documents.limits import Limits
from serving.documents.types import KINDS, Why

if TYPE_CHECKING:
    from serving.documents.api import detect_sentiment
    from serving.documents.results import Results
    from serving.documents.summary import Summary

__all__ = ["detect_sentiment", "Results", "Summary", "Limits", "KINDS", "Why"]

_FROM = {"detect_sentiment": "api", "Results": "results", "Summary": "summary"}


def __getattr__(name: str) -> Any:
    """What a caller alone needs is loaded when it is asked for: worker processes import this package too."""
    from importlib import import_module

    if name in _FROM:
        return getattr(import_module(f"serving.documents.{_FROM[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
