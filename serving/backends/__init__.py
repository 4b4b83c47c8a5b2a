"""The seam between a node and the server that runs its model: start, healthy, metrics, drain, stop."""

from serving.backends.types import Backend, Launch, Metrics

__all__ = ["Backend", "Launch", "Metrics", "NAMES", "make"]
NAMES = ("torchserve", "batcher")


def make(name: str, launch: Launch) -> Backend:
    """The backend of a name, not started yet; raises InputError."""
    from serving.errors import InputError

    if name == "torchserve":
        from serving.backends.torchserve import TorchServe

        return TorchServe(launch)
    if name == "batcher":
        from serving.backends.batcher import Batcher

        return Batcher(launch)
    raise InputError(f"backend {name}", "no such backend", f"use one of {', '.join(NAMES)}")
