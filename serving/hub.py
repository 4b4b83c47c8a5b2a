"""Weights from a model hub: one file of one pinned revision, kept by its digest."""

import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

from serving.errors import InputError

if TYPE_CHECKING:
    from serving.model import Weights

HUB: Final = "https://huggingface.co"
SECONDS: Final = 60


def address(weights: "Weights") -> str:
    """Where a file is fetched from: a web address as it stands, else a repository at its revision."""
    if weights.origin.startswith("https://"):
        return weights.origin
    return f"{os.environ.get('HF_ENDPOINT', HUB)}/{weights.origin}/resolve/{weights.version}/{weights.file}"


def fetch(weights: "Weights", cache: Path) -> Path:
    """The file in the cache, fetched when it is not there; the caller checks its digest. Raises InputError."""
    target = cache / weights.sha256 / Path(weights.file).name
    if target.is_file():
        return target
    url = address(weights)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as source, partial.open("wb") as sink:  # noqa: S310 - https
            shutil.copyfileobj(source, sink)
    except (urllib.error.URLError, OSError) as error:
        partial.unlink(missing_ok=True)
        reason = getattr(error, "reason", None) or error
        raise InputError(url, f"cannot be fetched ({reason})", "check the network, or set HF_ENDPOINT") from None
    partial.replace(target)
    return target
