"""Which model a sandbox serves: the stack's own where its weights are on this machine, else one of its task."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.costs.errors import InputError
from infra.settings import ModelSettings

if TYPE_CHECKING:
    from serving.model import Model, Weights

FOLDER: Final = "sandbox"


@dataclass(frozen=True, kw_only=True)
class Served:
    """The archive and the bundle that are uploaded, and the model in the archive; `wanted` is the stack's own.

    `given`: the settings name the archive themselves. Both files need not be built yet.
    """

    wanted: str
    model: str
    archive: Path
    bundle: Path
    given: bool = False

    @property
    def is_stand_in(self) -> bool:
        """Whether another model than the stack's own answers."""
        return not self.given and self.model != self.wanted

    def build(self, say: Callable[[str], None]) -> None:
        """Build what is not there yet, or is out of date: some seconds."""
        from serving import archive, bundle
        from serving.model import find

        if not self.given:
            archive.ready(find(self.model), say, target=self.archive, compiled=False)
        if not self.bundle.is_file():
            bundle.build(bundle.Contents(wheels=None), self.bundle)


def choose(settings: ModelSettings) -> Served:
    """What is served for these settings; raises InputError where no model can be."""
    from serving.archive import ROOT, STORE

    own = STORE / FOLDER
    bundle = ROOT / settings.node_bundle if settings.node_bundle else own / "node.tar.gz"
    if settings.model_archive:
        archive = ROOT / settings.model_archive
        return Served(wanted=settings.model, model=settings.model, archive=archive, bundle=bundle, given=True)
    model, built = _found(settings.model), STORE / f"{settings.model}.mar"
    if model.name == settings.model and _is_built(model, built):
        return Served(wanted=model.name, model=model.name, archive=built, bundle=bundle)
    return Served(wanted=settings.model, model=model.name, archive=own / f"{model.name}.mar", bundle=bundle)


def _is_built(model: "Model", archive: Path) -> bool:
    from serving.archive import is_current

    return is_current(model, archive)


def _found(name: str) -> "Model":
    """The model itself, else the first other one of its task whose weights are here."""
    from serving.archive import STORE
    from serving.model import find, names

    model = find(name)
    if all(map(_is_here, model.weights)) or _is_built(model, STORE / f"{name}.mar"):
        return model
    here = [other for other in map(find, names()) if all(map(_is_here, other.weights))]
    for other in here:
        if other.task == model.task:
            return other
    reason = f"neither its weights nor those of another model for {model.task} are on this machine"
    known = ", ".join(other.name for other in here)
    raise InputError(f"model {name}", reason, f"`breakeven archive {name}` fetches them; here are {known or 'none'}")


def _is_here(weights: "Weights") -> bool:
    """Whether a file of weights need not be fetched."""
    from serving.archive import CACHE

    if weights.source == "folder":
        return True
    if weights.source == "hub":
        return (CACHE / weights.sha256 / Path(weights.file).name).is_file()
    try:
        return metadata.version(weights.origin) == weights.version
    except metadata.PackageNotFoundError:
        return False
