"""What only LibreOffice reads: legacy .doc files, turned into OpenDocument and read as such.

One private profile for each process: two LibreOffice on one profile wait for each other, and the user's own is not to
be touched. It runs no macros and fetches nothing that a document refers to.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from serving.documents.extract import compound, opendocument
from serving.documents.extract.registry import Content, Context
from serving.documents.types import DocumentError, Page, Why

_LONGEST_SECONDS: Final = 120.0
_SETTINGS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
_ITEM: Final = (
    '<item oor:path="/org.openoffice.Office.Common/Security/Scripting">'
    '<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
)
_SAFE: Final = {"DisableMacrosExecution": "true", "MacroSecurityLevel": "3", "BlockUntrustedRefererLinks": "true"}
_ENCRYPTED_FLAG: Final = 0x01  # [MS-DOC] FibBase.fEncrypted, in the second byte of the flags
_FLAGS_AT: Final = 11


def read(content: Content, context: Context) -> list[Page]:
    """Pages of a legacy Word document; raises DocumentError, with MISSING_TOOL where LibreOffice is not installed."""
    _refuse_encrypted(content)
    if context.tools.office is None:
        how = "install LibreOffice (on Debian and Ubuntu libreoffice-writer-nogui) or save it as .docx"
        raise DocumentError(Why.MISSING_TOOL, f"Reading a .doc file needs LibreOffice, which is not on PATH; {how}.")
    with tempfile.TemporaryDirectory(dir=_profile(os.getpid()), prefix="one-") as folder:
        source, target = Path(folder, "document.doc"), Path(folder, "document.odt")
        source.write_bytes(content.data)
        _run(context.tools.office, source, min(_LONGEST_SECONDS, context.limits.seconds))
        if not target.is_file():
            raise DocumentError(Why.BROKEN, "LibreOffice cannot read this .doc file.")
        return opendocument.read(Content(id=content.id, kind="opendocument", path=target), context)


def _refuse_encrypted(content: Content) -> None:
    file = compound.Compound(content.data)
    if "WordDocument" not in file.root:
        raise DocumentError(Why.BROKEN, "The main part of the document is missing.")
    head = file.stream(file.root["WordDocument"])[: _FLAGS_AT + 1]
    if len(head) <= _FLAGS_AT:
        raise DocumentError(Why.BROKEN, "The main part of the document is damaged.")
    if head[_FLAGS_AT] & _ENCRYPTED_FLAG:
        raise DocumentError(Why.ENCRYPTED, "It is protected by a password.")


def _run(office: Path, source: Path, seconds: float) -> None:
    """Convert beside the source. It stays in this process's group, so that whoever ends that ends it too."""
    command = [
        str(office),
        f"-env:UserInstallation={(source.parent.parent / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
        *("--convert-to", "odt:writer8", "--outdir", str(source.parent), str(source)),
    ]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere) as process:  # noqa: S603
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            text = f"LibreOffice did not read it within {seconds:.0f} s and was ended."
            raise DocumentError(Why.TIMEOUT, text) from None
        finally:
            _end(process.pid)


def _end(pid: int) -> None:
    """LibreOffice is a launcher and the program: ending the first alone leaves the other."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        for process in [*first.children(recursive=True), first]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


@cache
def _profile(pid: int) -> Path:
    """A folder of this process alone, removed at its end; after a fork the child makes its own."""
    folder = Path(tempfile.mkdtemp(prefix=f"breakeven-office-{pid}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    items = "\n".join(_ITEM.format(name=name, value=value) for name, value in _SAFE.items())
    (user / "registrymodifications.xcu").write_text(_SETTINGS.format(items=items))
    return folder
