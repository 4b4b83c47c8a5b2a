"""How a run is spread: processes of one machine, a Ray cluster, or the queue of a deployed stack."""

from serving.documents.engines.types import Engine

NAMES = ("processes", "ray", "stack")


def find(name: str) -> Engine:
    """The engine of that name, imported now; raises InputError for another name."""
    from importlib import import_module

    from serving.errors import InputError

    if name not in NAMES:
        raise InputError(f"engine {name}", "there is no such engine", f"use one of {', '.join(NAMES)}")
    engine: Engine = import_module(f"serving.documents.engines.{name}").run
    return engine
