"""Small folders of texts, and engines whose workers do what a text says."""

import sys
from collections.abc import Iterator
from pathlib import Path

from serving.documents.discover import discover
from serving.documents.engines.processes import Pool
from serving.documents.engines.types import Done, Options
from serving.documents.limits import Limits
from serving.documents.plan import Plan
from serving.documents.types import Row, Source

PUPPET = (sys.executable, str(Path(__file__).with_name("puppet.py")))
GOOD, BAD = "I love it, it is wonderful.", "I hate it, it is terrible."


def texts(folder: Path, **content: str) -> Path:
    """A folder with a .txt for each name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in content.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def many(folder: Path, count: int) -> Path:
    """Texts of both sentiments, in several folders."""
    for number in range(count):
        texts(folder / f"part{number % 3}", **{f"d{number:03}": GOOD if number % 2 else BAD})
    return folder


def sources(folder: Path) -> Iterator[Source]:
    """All texts in it."""
    return discover(folder, ("txt",), lambda _: None)


def pool(workers: int = 1, seconds: float = 600.0, seconds_per_page: float = 60.0) -> Pool:
    """Worker processes that do what a text says."""
    plan = Plan(limits=Limits(seconds=seconds, seconds_per_page=seconds_per_page))
    return Pool(plan, Options(cache=Path("unused"), run="r", workers=workers), command=PUPPET)


def statuses(done: Iterator[Done]) -> dict[str, str]:
    """By id: "ok", or the reason of a failure. Fails where a source comes twice or without its row."""
    found: dict[str, str] = {}
    for source, (row,) in done:
        assert source.id == row.id
        assert source.id not in found
        found[source.id] = row.data.get("reason", "ok")
    return found


def row(name: str, **more: object) -> Row:
    """A row with a result."""
    data = {
        "id": name,
        "kind": "txt",
        "status": "ok",
        "bytes": 9,
        "pages": 1,
        "characters": 9,
        "tokens": 3,
        "model": "sentiment",
        "version": "1.0",
        "label": "positive",
        "score": 0.75,
        "scores": {"negative": 0.25, "positive": 0.75},
        "page_results": [
            {"page": 1, "method": "ocr", "turned": 90, "skew": 0.5, "confidence": 0.9, "characters": 9}
            | {"label": "positive", "score": 0.75, "scores": {"negative": 0.25, "positive": 0.75}}
        ],
        "passages": [{"page": 1, "start": 0, "end": 9, "label": "positive", "score": 0.75}],
        "notes": [],
        "seconds": {"read": 0.1, "ocr": 0.2, "predict": 0.3},
    }
    return Row(id=name, data={**data, **more})


def failed(name: str, reason: str = "broken", message: str = "It is broken.") -> Row:
    """A row without one."""
    data = {"id": name, "kind": "pdf", "status": "failed", "bytes": 5, "reason": reason, "message": message}
    return Row(id=name, data={**data, "seconds": {"read": 0.1, "ocr": 0.0, "predict": 0.0}})
