"""The files that the pages name as a reader's own, each made when a command names it."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.code_blocks.blocks import ROOT
from tests.infra.costs.stacks import VOLUME, export, row
from tests.serving.finetune.sets import SIGNALS, moods

GOOD, BAD = "I love it. It works perfectly.", "Terrible service, I am very disappointed."
SITUATION = 'task = "sentiment"\nvolume_per_month = 5_000_000\ndata_may_leave = "vetted"\nopt_out = true\n'
USAGE = "[data_transfer]\nmonthly_outbound_internet_gb = 900\n"


def make(folder: Path, name: str) -> None:
    """The file of this name in the folder, where it is one of these and not there yet."""
    path = folder / name
    if name in MAKERS and not path.exists():
        MAKERS[name](path)


def _stack(path: Path) -> None:
    shutil.copy(ROOT / "tests/infra/costs/samples/stack-export.json", path)


def _disk(size: int) -> Callable[[Path], object]:
    return lambda path: path.write_text(export(row(VOLUME, "disk", size=size, type="gp3")))


def _trace(path: Path) -> None:
    """An hour in steps of five minutes, with a burst."""
    rows = [f"2026-01-05T09:{5 * step:02d}:00Z,{300 * (12 if step in (6, 7) else 2)}" for step in range(12)]
    path.write_text("timestamp,requests\n" + "\n".join(rows) + "\n")


def _logs(path: Path) -> None:
    """Access logs of a load balancer."""
    path.mkdir()
    line = (
        "http 2026-01-05T09:{0:02d}:{1:02d}.0Z app/x 1.2.3.4:1 10.0.0.1:80 0.0 0.1 0.0 200 200 1 1 "
        '"GET http://x/ HTTP/1.1"'
    )
    rows = [line.format(minute, second) for minute in range(30) for second in range(0, 60, 10)]
    (path / "entries.log").write_text("\n".join(rows) + "\n")


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "good.txt").write_text(GOOD)
    (path / "bad.txt").write_text(BAD)


def _picture(path: Path) -> None:
    shutil.copy(ROOT / "serving/models/efficientnet_lite0/sample.jpg", path)


def _texts(path: Path) -> None:
    moods(path, 120, words=SIGNALS)


MAKERS: dict[str, Callable[[Path], object]] = {
    "mine.toml": lambda path: shutil.copy(ROOT / "workload.toml", path),
    "stack.json": _stack,
    "usage.toml": lambda path: path.write_text(USAGE),
    "requests.csv": _trace,
    "logs/": _logs,
    "ours.json": _stack,
    "theirs.json": _disk(100),
    "old.json": _disk(10),
    "new.json": _disk(30),
    "situation.toml": lambda path: path.write_text(SITUATION),
    "./folder": _folder,
    "cat.jpg": _picture,
    "dog.jpg": _picture,
    "mine.csv": _texts,
    "tweets.csv": _texts,
    "report.md": lambda path: path.write_text("# Costs\n"),
}
