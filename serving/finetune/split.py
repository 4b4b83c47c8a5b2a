"""Who trains and who judges: by the hash of an example's group, so that neither order nor chance decides."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from serving.finetune import alike
from serving.finetune.types import TEST, TRAIN, VALIDATION, Example

TENTHS = {TEST: 2, VALIDATION: 1}


def split(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Each example with its part: the data's own parts where it names them, else two tenths test, one validation.

    What belongs together (one group, nearly the same text) stays together. Groups of one class are taken in the order
    of their hashes until a part is full, so that each class is in each part; a group counts for its first example's
    class. The same examples give the same parts in whatever order they come.
    """
    if any(example.part for example in examples):
        return tuple(replace(example, part=example.part or TRAIN) for example in examples)
    groups = _groups(examples)
    by_label: dict[str, list[list[int]]] = defaultdict(list)
    for places in groups:
        by_label[min(examples[place].label for place in places)].append(places)
    parts = {}
    for own in by_label.values():
        own.sort(key=lambda places: min(_hash(examples[place]) for place in places))
        total = sum(len(places) for places in own)
        taken = 0
        for places in own:
            part = _part(10 * taken, total)
            taken += len(places)
            parts.update(dict.fromkeys(places, part))
    return tuple(replace(example, part=parts[place]) for place, example in enumerate(examples))


def _part(taken: int, total: int) -> str:
    upto = 0
    for part, tenths in TENTHS.items():
        upto += tenths * total
        if taken < upto:
            return part
    return TRAIN


def _groups(examples: Sequence[Example]) -> list[list[int]]:
    """Places that must not be parted."""
    found: dict[int, list[int]] = defaultdict(list)
    for place, first in enumerate(alike.first_of(len(examples), _joined(examples))):
        found[first].append(place)
    return list(found.values())


def _joined(examples: Sequence[Example]) -> Iterator[tuple[int, int]]:
    seen: dict[str, int] = {}
    for place, example in enumerate(examples):
        if example.group:
            yield seen.setdefault(example.group, place), place
    yield from alike.pairs([example.text for example in examples])


def _hash(example: Example) -> str:
    """Of the content, not of the place: a row put in front must not move the others."""
    content = example.image.read_bytes() if example.image else example.text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()
