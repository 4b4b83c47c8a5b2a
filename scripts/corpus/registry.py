"""What makes a file of the corpus, and the table of it; makers register where they are defined."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scripts.corpus.mix import Order
from scripts.corpus.texts import Story, story
from scripts.corpus.truth import PageTruth, Truth


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a maker works with: the file that is wanted, its random numbers, the sentences of each label."""

    order: Order
    sentences: Mapping[str, Sequence[str]]
    rng: random.Random = field(hash=False)

    def story(self, *lengths: int, titled: bool = True) -> Story:
        """A document with a page of about each of these lengths."""
        return story(self.rng, self.sentences, lengths, titled=titled)

    def short(self) -> Story:
        """A document of one page: mostly a few paragraphs, now and then several thousand characters."""
        length = self.rng.choice((300, 500, 800, 800, 1200, 1200, 2000, 5000))
        return self.story(self.rng.randint(length // 2, length))

    def truth(
        self, extension: str, kind: str, pages: Sequence[PageTruth], label: str, *,
        member: str = "", language: str = "en", encoding: str = "",
    ) -> Truth:  # fmt: skip
        """Of this file, or of a member in it."""
        inner = f"!/{member}" if member else ""
        return Truth(
            id=f"{self.order.stem}.{extension}{inner}", make=self.order.make, kind=kind, pages=tuple(pages),
            label=label, language=language, encoding=encoding,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file's bytes, and the truth of every document in it."""

    extension: str
    data: bytes = field(repr=False)
    truths: tuple[Truth, ...]


Maker = Callable[[Desk], Made]
makers: dict[str, Maker] = {}


def maker(make: str) -> Callable[[Maker], Maker]:
    """Register the function that makes a file."""

    def register(function: Maker) -> Maker:
        assert make not in makers, make  # noqa: S101
        makers[make] = function
        return function

    return register


def native(text: str) -> tuple[PageTruth, ...]:
    """The one page of a format that holds text."""
    return (PageTruth(text=text, by="native"),)
