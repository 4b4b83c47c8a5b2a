"""Runs of the real command line: started, watched, killed; their rows read."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import psutil

Row = Mapping[str, Any]
LOOK_SECONDS: Final = 0.5  # looking costs milliseconds of the machine that is measured
ORPHAN_SECONDS: Final = 30.0  # in which workers must notice that nobody is there any more


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One run of the command line."""

    folder: Path
    results: Path
    workers: int | None = None
    engine: str = "processes"
    text: bool = True  # rows carry it
    resume: bool = False

    @property
    def command(self) -> list[str]:
        """Its words."""
        words = [sys.executable, "-m", "scripts.cli", "sentiment", str(self.folder), "--results", str(self.results)]
        words += ["--engine", self.engine]
        words += ["--workers", str(self.workers)] if self.workers else []
        words += ["--keep-text"] if self.text else []
        return [*words, "--resume"] if self.resume else words


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a run took: the whole command from its start; memory is the sum over its processes at its highest."""

    seconds: float
    peak_mb: float
    rows: int
    stages: Mapping[str, float] = field(default_factory=dict)  # seconds of all documents

    @property
    def per_second(self) -> float:
        """Documents."""
        return self.rows / self.seconds


class Running:
    """A run in a session of its own, whose memory is watched. Leaving `with` ends it."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.began, self.peak_bytes = asked, time.monotonic(), 0
        asked.results.parent.mkdir(parents=True, exist_ok=True)
        self._log = asked.results.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(asked.command, stdout=self._log, stderr=self._log, start_new_session=True)  # noqa: S603
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill(everyone=True)
        self._watcher.join()
        self._log.close()

    def wait(self) -> Finished:
        """Until its end. Raises SystemExit with the end of its log where it failed."""
        code = self.process.wait()
        seconds = time.monotonic() - self.began
        if code or not self.asked.results.is_file():
            raise SystemExit(f"{' '.join(self.asked.command[1:])}: ended with {code}\n{self._last_words()}")
        self._watcher.join()
        count, stages = 0, Counter[str]()
        for row in read_rows(self.asked.results):
            count += 1
            stages.update(row.get("seconds", {}))
        return Finished(seconds=seconds, peak_mb=self.peak_bytes / 1e6, rows=count, stages=dict(stages))

    def kill(self, *, everyone: bool) -> int:
        """kill -9 of its first process, or of all of them; how many processes outlive it for too long."""
        tree = self._tree()
        for one in tree if everyone else tree[:1]:
            _end(one)
        self.process.wait()
        _, left = psutil.wait_procs(tree[1:], ORPHAN_SECONDS)
        for one in left:
            _end(one)
        return len(left)

    def _tree(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _watch(self) -> None:
        while self.process.poll() is None:
            self.peak_bytes = max(self.peak_bytes, sum(_resident(one) for one in self._tree()))
            time.sleep(LOOK_SECONDS)

    def _last_words(self) -> str:
        return self.asked.results.with_suffix(".log").read_text(errors="replace")[-2000:]


def finish(asked: Asked) -> Finished:
    """Run it to its end."""
    with Running(asked) as running:
        done = running.wait()
    print(f"  {asked.results.stem}: {done.rows} rows, {done.seconds:.0f} s, {done.peak_mb:.0f} MB", file=sys.stderr)
    return done


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of a results file. A last line without its end was cut by a kill and is none."""
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield json.loads(line)


def by_id(path: Path) -> dict[str, Row]:
    """The last row of each id."""
    return {row["id"]: row for row in read_rows(path)}


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _end(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
