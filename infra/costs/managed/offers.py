"""Which managed APIs a workload is compared with: those it names, else those that answer its unit by default."""

from collections.abc import Iterator
from typing import Final, Protocol, TypeVar

from infra.costs.errors import InputError
from infra.costs.managed.api import ManagedApi
from infra.costs.managed.files import managed_apis
from infra.costs.names import nearest
from infra.costs.workload import Workload


class Catalogue(Protocol):
    """Managed APIs that come from elsewhere than the shipped files; asked only when needed."""

    def find(self, name: str, workload: Workload, thing: str) -> ManagedApi | None:
        """The API of that name, as it charges such requests; None when it is none of this catalogue's.

        Raises InputError about `thing`, where the name stands.
        """
        ...

    def defaults(self, workload: Workload) -> tuple[str, ...]:
        """Names to compare with where the workload names none."""
        ...


_CATALOGUES: Final[list[Catalogue]] = []
Kind = TypeVar("Kind", bound=Catalogue)


def add_catalogue(kind: type[Kind]) -> type[Kind]:
    """Register a catalogue where it is defined, as a decorator of its class; the engine itself imports none."""
    _CATALOGUES.append(kind())
    return kind


def offers_for(workload: Workload) -> tuple[ManagedApi, ...]:
    """The APIs to compare with: those named in the workload, else the default ones of its unit."""
    if workload.compare.apis:
        return tuple(named(name, workload) for name in workload.compare.apis)
    return tuple(_by_default(workload))


def named(name: str, workload: Workload, thing: str = "") -> ManagedApi:
    """One API by its name (`rekognition_labels`, `openai/gpt-5-mini`).

    Raises InputError for an unknown one, about `thing`: where the name stands, if not in the workload.
    """
    known, thing = managed_apis(), thing or f"{workload.source} [compare] apis"
    if name in known:
        return known[name]
    for catalogue in _CATALOGUES:
        found = catalogue.find(name, workload, thing)
        if found:
            return found
    raise InputError(thing, f"{name!r} is unknown{nearest(name, known)}", f"known: {', '.join(known)}, or vendor/model")


def _by_default(workload: Workload) -> Iterator[ManagedApi]:
    yield from (api for api in managed_apis().values() if api.default and api.unit == workload.volume.unit)
    for catalogue in _CATALOGUES:
        yield from (named(name, workload) for name in catalogue.defaults(workload))
