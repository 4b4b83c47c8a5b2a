"""The reference: every page as a picture, given to tesseract as it is."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from scripts.corpus import Truth
from serving.backends.types import cores

DPI: Final = 200  # what pages are rendered at; pictures are taken as they are
# Its best guess of the page's layout, with the detection of the way up where its data are installed.
AUTOMATIC, ORIENTED = "3", "1"
LANGUAGES: Final = {"en": "eng", "ja": "jpn"}


def is_there() -> bool:
    """Whether tesseract is on PATH."""
    return shutil.which("tesseract") is not None


def read_all(truths: Sequence[Truth], documents: Path) -> Mapping[str, str]:
    """Text of every PDF and picture by id, as many at once as there are cores."""
    mode = ORIENTED if "osd" in _ask("--list-langs").split() else AUTOMATIC
    wanted = [truth for truth in truths if truth.kind in ("pdf", "image")]
    with ThreadPoolExecutor(cores()) as pool:
        texts = pool.map(lambda truth: _read(documents / truth.id, LANGUAGES[truth.language], mode), wanted)
        return dict(zip((truth.id for truth in wanted), texts, strict=True))


def _read(path: Path, language: str, mode: str) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        pictures = [path] if path.suffix != ".pdf" else list(_rendered(path, Path(scratch)))
        return "\n\n".join(_ask(str(picture), "-", "-l", language, "--psm", mode) for picture in pictures)


def _rendered(path: Path, scratch: Path) -> Iterator[Path]:
    from scripts.corpus.paper import render

    for number, picture in enumerate(render(path.read_bytes(), DPI)):
        target = scratch / f"{number}.png"
        picture.save(target, dpi=(DPI, DPI), compress_level=1)
        yield target


def _ask(*words: str) -> str:
    # One thread each: they run side by side. It fails on pages on which it sees nothing; then there is no text.
    done = subprocess.run(  # noqa: S603
        ["tesseract", *words],  # noqa: S607
        capture_output=True,
        check=False,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    return done.stdout.decode(errors="replace")
