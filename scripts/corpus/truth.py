"""What is known of every document of a corpus, one JSON line each."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

DOCUMENTS: Final = "documents"  # the folder to read, below the corpus
TRUTH: Final = "truth.jsonl"
ABOUT: Final = "corpus.json"


@dataclass(frozen=True, kw_only=True)
class PageTruth:
    """What is written on a page; `turned` is by how many degrees clockwise it must be turned to stand upright.

    `by` is how its text can be had: "native" (the format holds text), "text-layer" or "ocr".
    """

    text: str
    by: str
    turned: int = 0


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One document. `id` is its path below the folder of documents, or "x.zip!/a.txt" for a member.

    `label` is that of the sentences it was made of, empty where the language has no model here.
    """

    id: str
    make: str
    kind: str  # of serving.documents.types.KINDS
    pages: tuple[PageTruth, ...]
    label: str = ""
    language: str = "en"
    encoding: str = ""

    @property
    def text(self) -> str:
        """Of all pages."""
        return "\n\n".join(page.text for page in self.pages)

    @property
    def ocr_pages(self) -> int:
        """Pages that only OCR can read."""
        return sum(page.by == "ocr" for page in self.pages)

    def as_line(self) -> str:
        """One line of the file."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"

    @classmethod
    def of(cls, found: dict[str, Any]) -> "Truth":
        """From a line that was parsed."""
        return cls(**{**found, "pages": tuple(PageTruth(**page) for page in found["pages"])})


def read_truth(corpus: Path) -> Iterator[Truth]:
    """All documents of a corpus, in order of their ids' numbers."""
    with (corpus / TRUTH).open(encoding="utf-8") as lines:
        for line in lines:
            yield Truth.of(json.loads(line))


def table(truths: Iterable[Truth]) -> str:
    """Documents and pages of each make, as Markdown."""
    counts: dict[str, list[int]] = {}
    for truth in truths:
        for name in (truth.make, "all"):
            count = counts.setdefault(name, [0, 0, 0, 0])
            pages = (1, len(truth.pages), truth.ocr_pages, sum(page.turned > 0 for page in truth.pages))
            counts[name] = [a + b for a, b in zip(count, pages, strict=True)]
    counts["all"] = counts.pop("all", [0, 0, 0, 0])
    rows = ["| make | documents | pages | by OCR only | turned |", "|---|---|---|---|---|"]
    rows += [f"| {name} | {' | '.join(str(n) for n in count)} |" for name, count in counts.items()]
    return "\n".join(rows)
