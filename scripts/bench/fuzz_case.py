"""One case of one target: run within a time and a memory, and judged by what came of it."""

import hashlib
import math
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Final

from infra.costs.errors import CostError
from scripts.bench.fuzz_mutators import MARKER, Mutator, one_of
from serving.errors import ServingError

SECONDS: Final = 10.0
WAITING: Final = 6
"""A case that sleeps or waits may take so many times the seconds that one may compute."""
GROWTH_MB: Final = 512
LONGEST_MESSAGE: Final = 4_000
ROOT: Final = Path(__file__).resolve().parents[2]
Run = Callable[[bytes], str]
"""Does what the target does with an input, and returns all that a user would see of it."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is fed: how a case is made of a seed, and what runs it in a folder of its own."""

    name: str
    group: str
    make: Callable[[Random], bytes]
    open: Callable[[Path], AbstractContextManager[Run]]
    seconds: float = SECONDS


@dataclass
class Tally:
    """What came of a target's cases; a finding is known by the place where it happened."""

    cases: int = 0
    good: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    findings: Counter[str] = field(default_factory=Counter)
    examples: dict[str, bytes] = field(default_factory=dict)

    def add(self, finding: str, data: bytes) -> None:
        """Count a finding and keep the first, and the shortest, input that showed it."""
        self.findings[finding] += 1
        if finding not in self.examples or len(data) < len(self.examples[finding]):
            self.examples[finding] = data


class Hang(BaseException):
    """A case took too long. No reader may catch it, so it is no Exception."""


class Wrong(Exception):  # noqa: N818 - a verdict of a target, which no other code sees
    """An outcome that is not allowed, said by the target itself."""


def target(name: str, group: str, samples: Sequence[bytes], mutate: Mutator, file: str) -> Callable[..., Target]:
    """Make a target of a function of a path; each case is written to a file of that name."""

    def register(read: Callable[[Path], str]) -> Target:
        @contextmanager
        def opened(folder: Path) -> Iterator[Run]:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)

            def run(data: bytes) -> str:
                path.write_bytes(data)
                return read(path)

            yield run

        return Target(name=name, group=group, make=one_of(samples, mutate), open=opened)

    return register


def fuzz(one: Target, cases: int, seed: int, folder: Path, *, first: int = 0, seconds: float = math.inf) -> Tally:
    """Run so many cases of a target, or as many as take so long; case `n` is the same whatever ran before it."""
    tally = Tally()
    with one.open(folder) as run:
        began = time.perf_counter()
        for number in range(first, first + cases):
            data = one.make(Random(f"{seed}/{one.name}/{number}"))
            _try(run, data, tally, one.seconds)
            tally.cases, tally.seconds = tally.cases + 1, time.perf_counter() - began
            if tally.seconds > seconds:
                break
    return tally


def _try(run: Run, data: bytes, tally: Tally, seconds: float) -> None:
    before, start = _peak_mb(), time.perf_counter()
    try:
        with _limited(seconds):
            shown = run(data)
    except Wrong as verdict:
        tally.add(str(verdict), data)
    except (CostError, ServingError) as error:
        tally.refused += 1
        _judge(error, tally, data)
    except Hang:
        tally.add(f"over {seconds:g} s at {_place(sys.exc_info()[2])}", data)
    except Exception as error:
        tally.add(f"{type(error).__name__} at {_place(error.__traceback__)}", data)
    else:
        tally.good += 1
        if MARKER in shown:
            tally.add("a secret is shown", data)
    tally.slowest = max(tally.slowest, time.perf_counter() - start)
    if _peak_mb() - before > GROWTH_MB:
        tally.add(f"memory grew by more than {GROWTH_MB} MB", data)


def _judge(error: CostError | ServingError, tally: Tally, data: bytes) -> None:
    """An error of ours is one printable line of bearable length, with all its parts, and no secret."""
    text, where = str(error), _place(error.__traceback__)
    if MARKER in text:
        tally.add(f"a secret in the message of {where}", data)
    if not text.isprintable() or len(text) > LONGEST_MESSAGE:
        tally.add(f"a message of several lines, control characters or no end at {where}", data)
    if not all(part.strip() for part in (error.thing, error.reason, error.action)):
        tally.add(f"a message without thing, reason or action at {where}", data)


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise Hang

    kept = [signal.signal(number, late) for number in (signal.SIGALRM, signal.SIGPROF)]
    # Of the processor's time: a machine that has other work is not a hang.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, WAITING * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, before in zip((signal.SIGALRM, signal.SIGPROF), kept, strict=True):
            signal.signal(number, before)


def _place(trace: Any) -> str:
    """The innermost line of the project in a traceback, this harness left out."""
    rows = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(trace)]
    own = [(p, line) for p, line in rows if p.is_relative_to(ROOT) and ".venv" not in p.parts]
    path, line = next(
        (found for found in reversed(own) if "scripts/bench" not in found[0].as_posix()),
        rows[-1] if rows else (ROOT, 0),
    )
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{line}"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def keep(tally: Tally, name: str, folder: Path) -> None:
    """Write the inputs that showed something into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for finding, data in tally.examples.items():
        digest = hashlib.sha256(finding.encode()).hexdigest()[:8]
        (folder / f"{name}-{digest}").write_bytes(data)
        (folder / f"{name}-{digest}.txt").write_text(f"{finding}\n", encoding="utf-8")
