"""What is wrong with labelled data, found before anything is trained on it."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from serving.finetune import alike, images
from serving.finetune.trouble import KINDS, Troubles
from serving.finetune.types import PARTS, TEST, Data, Example

MARKUP: Final = re.compile(
    r"</?(?:a|b|br|div|em|i|li|p|span|strong|td|ul)\b[^<>]*>|&(?:amp|lt|gt|quot|nbsp|#\d+);", re.I
)
# UTF-8 read as Windows-1252: a lead byte as a letter, a continuation byte as a sign.
MOJIBAKE: Final = re.compile("[\u00c3\u00c2][\u0080-\u00bf]|\u00e2\u20ac[\u0080-\u2122]|\ufffd")
CHARACTERS_PER_TOKEN: Final = 4  # of English, about; says only which texts are likely to be cut
NAMED: Final = 0.5  # share of a class's texts that must hold its name before that is a leak


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From where a check finds something.

    `per_class`: different examples a class needs; `rarest`: the rarest class over the largest; `test`: examples a class
    should have in the test part. `max_tokens`, `script` and `image_size` (pixels) are the model's.
    """

    per_class: int = 10
    rarest: float = 0.1
    test: int = 30
    max_tokens: int = 256
    script: str = "Latin"
    image_size: int = 224
    most_megapixels: int = 50


def check(data: Data, limits: Limits | None = None) -> Data:
    """The examples that can be trained on, and all that was found, what was found while reading included."""
    limits, troubles = limits or Limits(), Troubles()
    kept, keys = [], []
    for example in data.examples:
        key = images.key(example, limits, troubles) if example.image else _text_key(example, troubles)
        if key:
            kept.append(example)
            keys.append(key)
    _spelling(kept, troubles)
    kept, keys = _once(kept, keys, troubles)
    if not any(example.image for example in kept):
        _texts(kept, limits, troubles)
        _alike(kept, troubles)
    _groups(kept, troubles)
    _classes(kept, limits, troubles)
    order = list(KINDS)
    found = sorted((*data.findings, *troubles.findings()), key=lambda one: order.index(one.kind))
    return Data(examples=tuple(kept), findings=tuple(found))


def _text_key(example: Example, troubles: Troubles) -> str:
    """What two equal texts have in common; empty, with a finding, where the text cannot be used."""
    text = example.text
    if not text.strip():
        troubles.add("empty", example.row)
    elif MOJIBAKE.search(text):
        troubles.add("encoding", example.row)
    elif not any(unicodedata.category(sign)[0] in "LNS" or sign in "!?:;" for sign in text):
        troubles.add("no letters", example.row)
    else:
        return alike.plain(text)
    return ""


def _spelling(examples: Sequence[Example], troubles: Troubles) -> None:
    written: dict[str, dict[str, str]] = defaultdict(dict)
    for example in examples:
        written[" ".join(example.label.casefold().split())].setdefault(example.label, example.row)
    for forms in written.values():
        if len(forms) > 1:
            troubles.add("label spelling", *forms.values(), extra=", ".join(repr(form) for form in sorted(forms)))


def _once(examples: Sequence[Example], keys: Sequence[str], troubles: Troubles) -> tuple[list[Example], list[str]]:
    """Without repeats, and without items whose labels contradict each other; what lies in two parts stops."""
    same: dict[str, list[Example]] = defaultdict(list)
    for example, key in zip(examples, keys, strict=True):
        same[key].append(example)
    kept = {}
    for key, rows in same.items():
        if len({example.part for example in rows}) > 1:
            troubles.add("leakage", *(example.row for example in rows))
        if len({example.label for example in rows}) > 1:
            troubles.add("conflict", *(example.row for example in rows))
            continue
        kept[key] = rows[0]
        troubles_of = [example.row for example in rows[1:]]
        if troubles_of:
            troubles.add("duplicate", *troubles_of)
    return list(kept.values()), list(kept)


def _texts(examples: Sequence[Example], limits: Limits, troubles: Troubles) -> None:
    """Trouble that one text has alone, and texts that give their label away."""
    for kind, has in _KINDS_OF_TEXT.items():
        rows = [example.row for example in examples if has(example.text, limits)]
        if rows:
            troubles.add(kind, *rows)
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_label[example.label].append(example)
    for label, own in by_label.items():
        word = re.compile(rf"(?<!\w){re.escape(label)}(?!\w)", re.I)
        naming = [example.row for example in own if word.search(example.text)]
        if len(naming) > NAMED * len(own):
            troubles.add("label in text", *naming, extra=label)


def _foreign(text: str, limits: Limits) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    own = sum(unicodedata.name(letter, "").startswith(limits.script.upper()) for letter in letters)
    return bool(limits.script) and 2 * own < len(letters)


_KINDS_OF_TEXT: Final[dict[str, Callable[[str, Limits], bool]]] = {
    "language": _foreign,
    "markup": lambda text, _: bool(MARKUP.search(text)),
    "too long": lambda text, limits: len(text) > CHARACTERS_PER_TOKEN * limits.max_tokens,
}


def _alike(examples: Sequence[Example], troubles: Troubles) -> None:
    if not any(example.part for example in examples):
        return  # our own split keeps such texts together
    for a, b in alike.pairs([example.text for example in examples]):
        if examples[a].part != examples[b].part:
            troubles.add("near leakage", examples[a].row, examples[b].row)


def _groups(examples: Sequence[Example], troubles: Troubles) -> None:
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for example in examples:
        if example.group:
            parts[example.group].setdefault(example.part, example.row)
    for group, rows in parts.items():
        if len(rows) > 1:
            troubles.add("group leakage", *rows.values(), extra=group)


def _classes(examples: Sequence[Example], limits: Limits, troubles: Troubles) -> None:
    """What is wrong with the classes' sizes, over all and in the parts that the data names."""
    counts = Counter(example.label for example in examples)
    if not counts:
        troubles.add("nothing")
        return
    if len(counts) == 1:
        troubles.add("one class", extra=next(iter(counts)))
    largest = max(counts.values())
    for label, count in counts.items():
        if count < limits.per_class:
            troubles.add("too few", *_rows(examples, label), extra=f"{label}: {count} of {limits.per_class}")
        elif count < limits.rarest * largest:
            troubles.add("imbalance", *_rows(examples, label), extra=f"{label}: {count} beside {largest}")
    if any(example.part for example in examples):
        _parts(examples, counts, limits, troubles)


def _parts(examples: Sequence[Example], counts: Iterable[str], limits: Limits, troubles: Troubles) -> None:
    each = Counter((example.part, example.label) for example in examples)
    for label in counts:
        for part in PARTS:
            if not each[part, label]:
                troubles.add("empty part", extra=f"{label} in {part}")
        if 0 < each[TEST, label] < limits.test:
            troubles.add("small test", extra=f"{label}: {each[TEST, label]} of {limits.test}")


def _rows(examples: Sequence[Example], label: str) -> Iterable[str]:
    return (example.row for example in examples if example.label == label)
