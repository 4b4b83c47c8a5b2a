"""Rows as JSON: what docs/documents.md describes, from what the stages found."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from serving.documents.gather import DECIMALS, Gathered
from serving.documents.types import Document, Failure, Page, Row, Source, Why

SECONDS_DECIMALS: Final = 3
NO_SECONDS: Final[Mapping[str, float]] = {"read": 0.0, "ocr": 0.0, "predict": 0.0}


def failed(failure: Failure, seconds: Mapping[str, float] = NO_SECONDS) -> Row:
    """The row of a document without a result."""
    data = {
        "id": failure.id,
        "kind": failure.kind,
        "status": "failed",
        "bytes": failure.size_bytes,
        "reason": str(failure.why),
        "message": failure.sentence,
        "seconds": _rounded(seconds),
    }
    return Row(id=failure.id, data=data)


def failed_row(source: Source, why: Why, sentence: str) -> Row:
    """The row of a source that never came back from a worker."""
    return failed(Failure(id=source.id, kind=source.kind, size_bytes=source.size_bytes, why=why, sentence=sentence))


def judged(
    document: Document,
    found: Gathered,
    *,
    model: tuple[str, str],
    tokens: int,
    notes: Sequence[str],
    seconds: Mapping[str, float],
    keep_text: bool,
    passages: bool,
    redacted: Mapping[str, int] | None = None,
) -> Row:
    """The row of a document with a result; `model` is its name and version, `redacted` counts what was taken out."""
    data: dict[str, Any] = {
        "id": document.id,
        "kind": document.kind,
        "status": "ok",
        "bytes": document.size_bytes,
        "pages": len(document.pages),
        "characters": sum(len(page.text) for page in document.pages),
        "tokens": tokens,
        "model": model[0],
        "version": model[1],
        **(found.whole.as_json() if found.whole else {}),
        **({"embedding": list(found.embedding)} if found.embedding else {}),
        "page_results": [_page(page, found) for page in document.pages],
        **({"passages": [dict(one) for one in found.passages]} if passages and found.passages else {}),
        "notes": list(notes),
        **({} if redacted is None else {"redacted": dict(redacted)}),
        "seconds": _rounded(seconds),
        **({"text": [page.text for page in document.pages]} if keep_text else {}),
    }
    return Row(id=document.id, data=data)


def grouped(source: Source, rows: Sequence[Row]) -> list[Row]:
    """The rows of one source, in order; each says its place where the source holds several documents, or another's."""
    if len(rows) == 1 and rows[0].id == source.id:
        return list(rows)
    return [
        Row(id=row.id, data={**row.data, "archive": source.id, "member": [number, len(rows)]})
        for number, row in enumerate(rows, 1)
    ]


def _page(page: Page, found: Gathered) -> dict[str, Any]:
    judgement = found.pages.get(page.number)
    return {
        "page": page.number,
        "method": page.method,
        "turned": page.turned,
        "skew": round(page.skew_degrees, DECIMALS),
        "confidence": None if page.confidence is None else round(page.confidence, DECIMALS),
        "characters": len(page.text),
        **(judgement.as_json() if judgement else {"label": None, "score": None, "scores": None}),
    }


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(value, SECONDS_DECIMALS) for stage, value in seconds.items()}
