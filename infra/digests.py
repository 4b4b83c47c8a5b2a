"""The SHA-256 of a file that is deployed, held against the one that is written beside it."""

import hashlib
from pathlib import Path
from typing import Final

from infra.settings_values import SettingsError

SHOWN: Final = 12


def digest(setting: str, path: Path, shown: str) -> str:
    """The SHA-256 of a file, in hexadecimal.

    A file of the same name and `.sha256` (the form of `sha256sum`) beside it must say the same. Raises SettingsError,
    which names the file as it is `shown` in the setting.
    """
    try:
        with path.open("rb") as stream:
            actual = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        raise SettingsError(setting, f"{shown} cannot be read", "build it first, or leave the setting empty") from None
    beside = path.with_name(f"{path.name}.sha256")
    if beside.is_file():
        _match(setting, shown, actual, beside)
    return actual


def _match(setting: str, shown: str, actual: str, beside: Path) -> None:
    words = beside.read_text(encoding="utf-8", errors="replace").split()
    stated = words[0].lower() if words else "nothing"
    if stated != actual:
        reason = f"{shown} has SHA-256 {actual[:SHOWN]}.., and {beside.name} says {stated[:SHOWN]}"
        raise SettingsError(setting, reason, "build or fetch the file again")
