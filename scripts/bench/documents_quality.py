"""What is recovered of documents whose text is known: characters, the way up, sentiment."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.bench import documents_tesseract as tesseract
from scripts.bench.documents_runs import Asked, by_id, finish
from scripts.bench.documents_score import Errors, Row, Share, agreement, composed, rotations, text_of
from scripts.corpus import DOCUMENTS, Truth, read_truth

Table = list[tuple[str, ...]]


def quality(corpus: Path, work: Path, *, reference: bool, workers: int | None) -> dict[str, Any]:
    """Read the corpus and its clean texts by the command line, and every page by tesseract; the figures."""
    truths = list(read_truth(corpus))
    read = Asked(folder=corpus / DOCUMENTS, results=work / "quality.jsonl", workers=workers)
    clean = Asked(folder=_clean(truths, work / "clean"), results=work / "clean.jsonl", workers=workers)
    took, _ = finish(read), finish(clean)
    rows = by_id(read.results)
    names = {f"{number:06d}.txt": truth.id for number, truth in enumerate(truths)}
    judged = {names[name]: row for name, row in by_id(clean.results).items()}
    texts, seconds = _reference(truths, corpus / DOCUMENTS) if reference else ({}, 0.0)
    return {
        "documents": len(truths),
        "seconds": took.seconds,
        "tesseract_seconds": seconds,
        "stages": took.stages,
        "errors": _errors(truths, {truth.id: text_of(rows.get(truth.id)) for truth in truths}),
        "tesseract": _errors([truth for truth in truths if truth.id in texts], texts),
        "rotation": rotations(truths, rows),
        "agreement": agreement(truths, rows, judged),
        "composed": composed(truths, judged),
        "failed": _failed(rows),
    }


def tables(found: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    return "\n\n".join((_characters(found), _shares(found)))


def _characters(found: Mapping[str, Any]) -> str:
    lines = [
        "| make | documents | failed | our error rate | tesseract's | our worst document |",
        "|---|---|---|---|---|---|",
    ]
    for make, errors in sorted(found["errors"].items()):
        other = found["tesseract"].get(make)
        worst = f"{errors.worst:.2%} {errors.worst_id}" if errors.wrong else ""
        theirs = f"{other.rate:.2%}" if other else ""
        lines.append(f"| {make} | {errors.documents} | {errors.failed} | {errors.rate:.2%} | {theirs} | {worst} |")
    return "\n".join(lines)


def _shares(found: Mapping[str, Any]) -> str:
    lines = ["| measure | right | of | share |", "|---|---|---|---|"]
    for title, key in (
        ("way up", "rotation"),
        ("label as of the clean text", "agreement"),
        ("label of the clean text as made", "composed"),
    ):
        for name, share in found[key].items():
            lines.append(f"| {title}: {name} | {share.right} | {share.of} | {share.rate:.4f} |")
    return "\n".join(lines)


def _errors(truths: Sequence[Truth], texts: Mapping[str, str | None]) -> dict[str, Errors]:
    made: dict[str, Errors] = {}
    for truth in truths:
        made.setdefault(truth.make, Errors()).add(truth, texts.get(truth.id))
    return made


def _reference(truths: Sequence[Truth], documents: Path) -> tuple[Mapping[str, str], float]:
    if not tesseract.is_there():
        raise SystemExit("tesseract: not on PATH; install it (apt-get install tesseract-ocr) or give --no-reference")
    began = time.monotonic()
    return tesseract.read_all(truths, documents), time.monotonic() - began


def _clean(truths: Sequence[Truth], folder: Path) -> Path:
    """What is written in each document as a text of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, truth in enumerate(truths):
        (folder / f"{number:06d}.txt").write_text(truth.text, encoding="utf-8")
    return folder


def _failed(rows: Mapping[str, Row]) -> dict[str, str]:
    return {row["id"]: f"{row['reason']}: {row['message']}" for row in rows.values() if row["status"] != "ok"}


def plain(found: Any) -> Any:
    """Figures as JSON."""
    if isinstance(found, Share | Errors):
        return {**vars(found), "rate": found.rate}
    return {key: plain(value) for key, value in found.items()} if isinstance(found, dict) else found
