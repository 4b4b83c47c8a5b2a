"""The project as the engine sees it in a sandbox: links, and the stack's settings with what the emulator needs.

The user's own stack file is read and never written: the engine would put the sandbox's encryption salt into it.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.costs.errors import InputError
from infra.record import StackConfig, read_config, stacks
from infra.sandbox.place import Place
from infra.sandbox.served import Served

PROVIDER: Final = {
    "aws:skipCredentialsValidation": "true",
    "aws:skipMetadataApiCheck": "true",
    "aws:s3UsePathStyle": "true",
    # Otherwise an API that the emulator lacks is asked again for ten minutes.
    "aws:maxRetries": "2",
}
# Profiles, keys and roles of a real account have no place in an emulated one.
KEPT: Final = ("aws:region", "aws:defaultTags")
SALT: Final = "encryptionsalt"
PROGRAM: Final = "Pulumi.yaml"
OWN: Final = (".breakeven", ".git", ".pulumi")


def read(place: Place) -> StackConfig:
    """The stack's own configuration; raises RecordError for a stack without a file."""
    return read_config(place.stack, place.project)


def write(place: Place, served: Served) -> None:
    """Bring the view of the project to what the user's files say now."""
    _link(place)
    file = place.view / f"Pulumi.{place.stack}.yaml"
    project, document = _project_name(place), _load(place.project / file.name)
    config = {
        key: value for key, value in (document.get("config") or {}).items() if not key.startswith("aws:") or key in KEPT
    }
    files = {"modelArchive": served.archive, "nodeBundle": served.bundle}
    config |= PROVIDER | {f"{project}:{key}": str(path) for key, path in files.items() if path.is_file()}
    salt = _load(file).get(SALT) if file.is_file() else None
    wanted = {**({SALT: salt} if salt else {}), "config": config}
    if not file.is_file() or _load(file) != wanted:
        file.write_text(_dump(wanted), encoding="utf-8")


def _link(place: Place) -> None:
    """Everything of the project but the stacks' files, which the engine writes to."""
    others = {f"Pulumi.{name}.yaml" for name in stacks(place.project)}
    wanted = {path.name: path for path in place.project.iterdir() if path.name not in others and path.name not in OWN}
    wanted.setdefault(".venv", Path(sys.prefix))
    for name, path in wanted.items():
        link = place.view / name
        if not link.is_symlink():
            link.symlink_to(path)


def _project_name(place: Place) -> str:
    return str(_load(place.project / PROGRAM).get("name", ""))


def _load(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(str(path), f"cannot be read ({type(error).__name__})", "mend the file") from None
    return found if isinstance(found, dict) else {}


def _dump(document: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(dict(document), sort_keys=False)
