"""The Pulumi CLI that the Automation API drives: the one on PATH, else one installed for this project."""

import subprocess
from http.client import HTTPException
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from infra.costs.errors import InputError
from infra.costs.stack import printable

if TYPE_CHECKING:
    from pulumi.automation import PulumiCommand

PINNED: Final = "3.259.0"
"""Installed where no CLI is on PATH; an older one on PATH is refused, a newer one is used."""


def command(*, install: bool = True) -> "PulumiCommand":
    """The CLI; raises InputError where there is none and none can be fetched, or the one on PATH is too old."""
    from pulumi.automation import InvalidVersionError, PulumiCommand
    from semver import VersionInfo

    wanted = VersionInfo.parse(PINNED)
    try:
        if which("pulumi"):
            return PulumiCommand(version=wanted)
        if not install and not _installed():
            raise InputError("pulumi", "the CLI is not on PATH", f"`breakeven up` installs {PINNED}, or install it")
        return PulumiCommand.install(version=wanted)
    except InvalidVersionError as error:
        reason = " ".join(str(error).split()).split(". Please")[0]
        raise InputError("pulumi", reason, f"install {PINNED} or newer, or take it off PATH") from error
    except (OSError, HTTPException, subprocess.CalledProcessError) as error:
        reason = f"the CLI is not on PATH, and {PINNED} could not be installed ({_why(error)})"
        action = "check the network, or install the CLI: https://www.pulumi.com/docs/install"
        raise InputError("pulumi", reason, action) from error


def _why(error: Exception) -> str:
    """The last line that the installer said, else the network's own reason."""
    said = error.output if isinstance(error, subprocess.CalledProcessError) else b""
    lines = (said or b"").decode(errors="replace").strip().splitlines()
    reason = lines[-1] if lines else str(getattr(error, "reason", error))
    return printable(" ".join(reason.split())[:120])


def _installed() -> bool:
    """Whether the Automation API's installer has been here; the place is its own default."""
    return (Path.home() / ".pulumi" / "versions" / PINNED / "bin" / "pulumi").is_file()
