"""What recovered text and labels are held against: character errors, the way up, agreement of labels."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scripts.corpus import Truth

Row = Mapping[str, Any]
# Japanese is in none: it has no label.
GROUPS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("text", "word", "html", "markdown", "email", "archive"), "native text"),
    **dict.fromkeys(("pdf", "columns", "sideways"), "born-digital PDF"),
    **dict.fromkeys(("scan", "noisy", "turned", "image", "mixed", "garbled"), "scans"),
}


@dataclass(kw_only=True)
class Errors:
    """Characters that are wrong among those that are written; the worst document."""

    documents: int = 0
    failed: int = 0
    wrong: int = 0
    written: int = 0
    worst: float = 0.0
    worst_id: str = ""

    def add(self, truth: Truth, text: str | None) -> None:
        """Count a document; `text` is None where it failed, so that all of it is wrong."""
        written = normalised(truth.text, truth.language)
        wrong = len(written) if text is None else edit_distance(written, normalised(text, truth.language))
        self.documents += 1
        self.failed += text is None
        self.wrong += wrong
        self.written += len(written)
        if wrong / max(1, len(written)) > self.worst:
            self.worst, self.worst_id = wrong / max(1, len(written)), truth.id

    @property
    def rate(self) -> float:
        """Character error rate: edits that make one text of the other, per character that is written."""
        return self.wrong / max(1, self.written)


@dataclass(kw_only=True)
class Share:
    """So many of so many."""

    right: int = 0
    of: int = 0
    wrong_ids: list[str] = field(default_factory=list)

    def add(self, right: bool, name: str) -> None:
        """Count one."""
        self.right += right
        self.of += 1
        if not right:
            self.wrong_ids.append(name)

    @property
    def rate(self) -> float:
        """0 to 1; 1 of nothing."""
        return self.right / self.of if self.of else 1.0


def normalised(text: str, language: str = "en") -> str:
    """Composed characters and single spaces: how lines are broken is no error. Japanese has no spaces at all."""
    return ("" if language == "ja" else " ").join(unicodedata.normalize("NFC", text).split())


def edit_distance(first: str, second: str) -> int:
    """Insertions, deletions and substitutions, each one (Levenshtein), by Myers' bit vectors as Hyyrö states them.

    A column of the table is two integers of as many bits as `first` has characters: a page of text in milliseconds.
    """
    while first and second and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    if not first or not second:
        return len(first) + len(second)
    places: dict[str, int] = {}
    for place, character in enumerate(first):
        places[character] = places.get(character, 0) | 1 << place
    every, last, distance = (1 << len(first)) - 1, 1 << (len(first) - 1), len(first)
    up, down = every, 0  # where a step to the next character costs one more, one less
    for character in second:
        equal = places.get(character, 0)
        across = (((equal & up) + up) ^ up) | equal | down
        more, less = (down | ~(across | up)) & every, up & across
        distance += bool(more & last) - bool(less & last)
        more, less = more << 1 | 1, less << 1
        up, down = (less | ~(equal | down | more)) & every, more & (equal | down) & every
    return distance


def text_of(row: Row | None) -> str | None:
    """All pages of a row that carries text; None for a document that failed or is not there."""
    return None if row is None or row["status"] != "ok" else "\n\n".join(row["text"])


def rotations(truths: Iterable[Truth], rows: Mapping[str, Row]) -> dict[str, Share]:
    """Pages whose way up was found right: scans that are turned, scans that are not, text layers that are turned."""
    shares = {"turned": Share(), "upright": Share(), "sideways text layer": Share()}
    for truth in truths:
        found = rows.get(truth.id, {}).get("page_results", [])
        for number, page in enumerate(truth.pages):
            if page.by != "ocr" and not page.turned:
                continue
            name = "sideways text layer" if page.by != "ocr" else "turned" if page.turned else "upright"
            seen = next((one["turned"] for one in found if one["page"] == number + 1), None)
            shares[name].add(seen == page.turned, f"{truth.id} page {number + 1}")
    return shares


def agreement(truths: Iterable[Truth], rows: Mapping[str, Row], clean: Mapping[str, Row]) -> dict[str, Share]:
    """Per group: documents whose label is that of their clean text."""
    shares: dict[str, Share] = {}
    for truth in truths:
        if truth.make in GROUPS:
            label = rows.get(truth.id, {}).get("label")
            share = shares.setdefault(GROUPS[truth.make], Share())
            share.add(label is not None and label == clean[truth.id].get("label"), truth.id)
    return shares


def composed(truths: Iterable[Truth], rows: Mapping[str, Row]) -> dict[str, Share]:
    """Per label: documents made of sentences of that label that are given it. This is the model's quality, not ours."""
    shares: dict[str, Share] = {}
    for truth in truths:
        if truth.label:
            share = shares.setdefault(truth.label, Share())
            share.add(rows.get(truth.id, {}).get("label") == truth.label, truth.id)
    return shares
