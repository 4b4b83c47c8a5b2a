"""The model server: archives, handlers, the node that runs them, the client that calls them, and documents."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.documents.api import detect_sentiment

__all__ = ["detect_sentiment"]


def __getattr__(name: str) -> Any:
    """The one call of this package, loaded when it is asked for: a node imports the package too."""
    if name == "detect_sentiment":
        from serving.documents.api import detect_sentiment

        return detect_sentiment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
