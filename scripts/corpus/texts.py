"""Where the documents' sentences come from, and how they become pages."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts import sentiment_data
from scripts.corpus.phrases import JAPANESE, PEOPLE, PLACES, templates

# Tweets are left out: their emoticons and addresses are no test of how pages are read.
SETS: Final = ("movie reviews", "product reviews", "editorials")
LABELS: Final[Mapping[str, float]] = {"negative": 0.4, "neutral": 0.2, "positive": 0.4}
SOURCES: Final = ("reviews", "templates")
# What no PDF font of the fourteen and no code page of the corpus holds.
ODD: Final = re.compile(r"[^\x20-\x7e\xa1-\xff\u2013\u2014\u2018\u2019\u201c\u201d]")


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A page's paragraphs, the first of which may be a title."""

    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The paragraphs, an empty line between."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, kw_only=True)
class Story:
    """The text of one document; all its sentences are of one label."""

    label: str
    leaves: tuple[Leaf, ...]


def sentences(source: str, cache: Path) -> dict[str, tuple[str, ...]]:
    """Sentences of each label: rated texts that the sentiment model was not trained on, or templates.

    Raises SystemExit with one line where the rated texts cannot be fetched.
    """
    if source == "templates":
        return templates()
    cache.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[str]] = {label: [] for label in LABELS}
    for row in sentiment_data.rows(sentiment_data.fetch(cache)):
        if row.part == "held-out" and row.set in SETS:
            text = " ".join(ODD.sub(" ", row.text).split())
            if len(text) >= 20:  # shorter ones say nothing
                found[sentiment_data.LABELS[row.label]].append(text)
    return {label: tuple(texts) for label, texts in found.items()}


def story(
    rng: random.Random, held: Mapping[str, Sequence[str]], lengths: Sequence[int], *, titled: bool = True
) -> Story:
    """A document with a page of about each of these lengths in characters (never more, but for the first sentence)."""
    label = rng.choices(list(LABELS), list(LABELS.values()))[0]
    leaves = []
    for number, length in enumerate(lengths):
        title = [f"Reviews collected by {rng.choice(PEOPLE)}, {rng.choice(PLACES)}"] if titled and not number else []
        leaves.append(Leaf(paragraphs=(*title, *_paragraphs(rng, held[label], length - len("".join(title))))))
    return Story(label=label, leaves=tuple(leaves))


def japanese(rng: random.Random, lengths: Sequence[int]) -> Story:
    """Japanese pages, without a label: the sentiment model reads English."""
    leaves = []
    for length in lengths:
        chosen = [rng.choice(JAPANESE) for _ in range(max(1, length // 22))]
        paragraphs = tuple("".join(chosen[i : i + 4]) for i in range(0, len(chosen), 4))
        leaves.append(Leaf(paragraphs=paragraphs))
    return Story(label="", leaves=tuple(leaves))


def _paragraphs(rng: random.Random, held: Sequence[str], length: int) -> list[str]:
    made: list[str] = []
    used = 0
    while used < length or not made:
        paragraph: list[str] = []
        for _ in range(rng.randint(2, 5)):
            sentence = rng.choice(held)
            if used and used + len(sentence) > length:
                return [*made, " ".join(paragraph)] if paragraph else made
            paragraph.append(sentence if sentence[-1] in ".!?" else sentence + ".")
            used += len(sentence) + 2
        made.append(" ".join(paragraph))
    return made
