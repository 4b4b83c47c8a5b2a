"""Documents of every kind that is read, each in a process of its own as in a run: a row, or a row with the reason."""

import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from scripts.bench.fuzz_case import SECONDS, Run, Target, Wrong
from scripts.bench.fuzz_mutators import bytewise, one_of
from scripts.bench.fuzz_samples import documents
from serving.documents import kinds
from serving.documents.extract import Tools, extract
from serving.documents.limits import Limits
from serving.documents.ocr.types import Seen
from serving.documents.plan import Plan
from serving.documents.types import Failure, Source

MEMORY_BYTES: Final = 2 * 1024**3
PLAN: Final = replace(
    Plan(), limits=Limits(unpacked_bytes=20_000_000, memory_bytes=MEMORY_BYTES, image_pixels=10_000_000)
)


class Blind:
    """An OCR engine that sees nothing: pages are made into pictures all the same."""

    name = "blind"

    def read(self, image: Any) -> Seen:
        """No lines."""
        return Seen(lines=())


def targets() -> Iterator[Target]:
    """One for each kind of file."""
    for name, samples in documents().items():
        suffix = name.partition(".")[2]
        yield Target(
            name=f"document-{suffix}", group="documents", make=one_of(samples, bytewise), open=_opened(name), seconds=30
        )


def _opened(name: str) -> Any:
    @contextmanager
    def opened(folder: Path) -> Iterator[Run]:
        path = folder / name
        for sample in documents()[name][:1]:  # libraries are loaded once, before the forks
            path.write_bytes(sample)
            _read(path)

        def run(data: bytes) -> str:
            path.write_bytes(data)
            return isolated(lambda: _read(path))

        yield run

    return opened


def _read(path: Path) -> str:
    kind = kinds.of(path.name)
    if kind is None:
        raise AssertionError(f"no kind for {path.name}")
    source = Source(id=path.name, path=path, kind=kind, size_bytes=path.stat().st_size)
    found = list(extract(source, PLAN, Tools(ocr=Blind())))
    for one in found:
        if isinstance(one, Failure) and not (one.sentence.strip() and one.sentence.isprintable()):
            return "!a failure without a printable reason"
    return "ok" if found else "!neither a document nor a failure"


def isolated(work: Callable[[], str], seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> str:
    """Do it in a forked process with a memory of its own; an end by a signal is the engine's `crashed`, a row too."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _in_child(work, writer, memory_bytes)
    os.close(writer)
    try:
        return _told(reader, child, seconds)
    finally:
        os.close(reader)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def _in_child(work: Callable[[], str], writer: int, memory_bytes: int) -> None:
    try:
        os.setpgid(0, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        said = work()
    except BaseException as error:
        said = f"!{type(error).__name__} came out of a reader ({str(error)[:200]})"
    os.write(writer, said.encode("utf-8", "replace")[:60_000])
    os._exit(0)


def _told(reader: int, child: int, seconds: float) -> str:
    end, said = time.monotonic() + seconds, b""
    while select.select([reader], [], [], max(0.0, end - time.monotonic()))[0]:
        piece = os.read(reader, 65_536)
        if not piece:
            break
        said += piece
    else:
        raise Wrong(f"over {seconds:g} s in the process that reads")
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise Wrong(f"the process that reads was ended by {signal.Signals(os.WTERMSIG(status)).name}")
    text = said.decode("utf-8", "replace")
    if text.startswith("!"):
        raise Wrong(text[1:])
    return text
