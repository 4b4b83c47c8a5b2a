"""Texts that are the same or nearly the same, and groups of what belongs together."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

SHARED: Final = 0.7  # share of common words from which two texts count as one
RARE: Final = 300  # words in more texts than this find no candidates


def plain(text: str) -> str:
    """What is left of a text when case, spaces and punctuation do not count; of a text of signs alone, the signs."""
    return re.sub(r"[\W_]", "", text.casefold()) or text.strip()


def pairs(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of texts, earlier first, that share at least SHARED of their words; one of those must be rare."""
    words = [frozenset(re.findall(r"[a-z']+", re.sub(r"@\w+|http\S+", " ", text.lower()))) for text in texts]
    where: dict[str, list[int]] = defaultdict(list)
    for i, bag in enumerate(words):
        if len(bag) >= 3:
            for word in bag:
                where[word].append(i)
    for i, bag in enumerate(words):
        if len(bag) < 3:
            continue
        # Two bags that are alike share one of the rarest words: only as many can differ.
        rarest = sorted(bag, key=lambda word: (len(where[word]), word))[: len(bag) - int(SHARED * len(bag)) + 1]
        near = {j for word in rarest if len(where[word]) <= RARE for j in where[word] if j < i}
        for j in sorted(near):
            if len(bag & words[j]) >= SHARED * len(bag | words[j]):
                yield j, i


def first_of(count: int, joined: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` things the first of its group; `joined` says which two belong together."""
    leader = list(range(count))

    def first(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    for a, b in joined:
        a, b = first(a), first(b)
        leader[max(a, b)] = min(a, b)
    return [first(i) for i in range(count)]
