"""Rows with trouble, gathered by kind; every kind's level, reason and remedy stand in one table."""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from serving.finetune.types import Finding, Level


class Kind(NamedTuple):
    """What is said of a kind of trouble."""

    level: Level
    reason: str
    action: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        # In the order in which they are shown.
        "nothing": Kind(Level.STOP, "no row can be used", "mend the rows below, or name the right columns"),
        "one class": Kind(Level.STOP, "all rows carry one label", "add examples of another label"),
        "too few": Kind(Level.STOP, "the class has too few different examples", "label more, or merge the class"),
        "empty part": Kind(
            Level.STOP, "a class is missing from a part", "add examples of it, or leave the split to us"
        ),
        "broken row": Kind(Level.LEFT_OUT, "it cannot be read as a row", "mend the line"),
        "no label": Kind(Level.LEFT_OUT, "its label is empty or missing", "label it, or delete the row"),
        "label form": Kind(Level.LEFT_OUT, "its label is no word or whole number", "write the class's name"),
        "empty": Kind(Level.LEFT_OUT, "it holds no text", "delete the row"),
        "not text": Kind(Level.LEFT_OUT, "what should be a text is something else", "write the text as a string"),
        "no letters": Kind(Level.LEFT_OUT, "it has neither a letter, a digit nor a symbol", "delete the row"),
        "encoding": Kind(Level.LEFT_OUT, "bytes were lost or read as another encoding", "export it again as UTF-8"),
        "unknown part": Kind(Level.LEFT_OUT, "its part is none of train, validation, test", "mend the part's name"),
        "failed document": Kind(Level.LEFT_OUT, "the document pipeline found no text in it", "see its reason there"),
        "no document": Kind(Level.WARNING, "a label without a document of that id", "mend the id, or run it again"),
        "conflict": Kind(Level.LEFT_OUT, "the same item carries several labels", "decide on one label"),
        "duplicate": Kind(Level.LEFT_OUT, "it repeats an earlier row", "delete it; the first one is kept"),
        "not an image": Kind(Level.LEFT_OUT, "the file is no image that can be served", "convert it to JPEG or PNG"),
        "broken image": Kind(Level.LEFT_OUT, "the image is cut short or damaged", "fetch it again"),
        "huge image": Kind(Level.LEFT_OUT, "it has more pixels than are decoded", "scale it down"),
        "loose file": Kind(Level.LEFT_OUT, "it lies in no class's folder", "move it into one"),
        "empty class": Kind(Level.WARNING, "the class's folder holds no image", "add images, or delete the folder"),
        "leakage": Kind(
            Level.STOP, "the same item lies in several parts", "keep it in one; the scores would be too good"
        ),
        "near leakage": Kind(Level.WARNING, "nearly the same text lies in several parts", "keep such texts together"),
        "group leakage": Kind(Level.STOP, "one group lies in several parts", "keep a group in one part"),
        "label spelling": Kind(Level.STOP, "labels differ in case or spaces only", "write one label one way"),
        "imbalance": Kind(Level.WARNING, "the class is rare beside the largest", "label more of it; it gets a weight"),
        "small test": Kind(Level.WARNING, "few examples to judge by", "label more: the interval will be wide"),
        "label in text": Kind(Level.WARNING, "the text names its own label", "delete the label from the texts"),
        "language": Kind(
            Level.WARNING, "most of it is not in the model's script", "leave it out, or take another model"
        ),
        "markup": Kind(
            Level.WARNING, "it holds HTML tags or entities", "strip them, or keep them where you serve, too"
        ),
        "too long": Kind(Level.WARNING, "it is cut: the model reads only its start", "split it, or shorten it"),
        "small image": Kind(Level.WARNING, "it is smaller than what the network sees", "use larger originals"),
    }
)


class Troubles:
    """Notes rows by kind, each row once; `extra` names the class or the part where that says more."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)

    def add(self, kind: str, *rows: str, extra: str = "") -> None:
        """Note rows; none at all where the trouble is not a row's."""
        self._rows[kind, extra].update(dict.fromkeys(rows))

    def findings(self) -> tuple[Finding, ...]:
        """What was noted, in the order of KINDS."""
        order = list(KINDS)
        return tuple(
            Finding(
                kind=kind,
                level=KINDS[kind].level,
                rows=tuple(self._rows[kind, extra]),
                reason=KINDS[kind].reason + (f" ({extra})" if extra else ""),
                action=KINDS[kind].action,
            )
            for kind, extra in sorted(self._rows, key=lambda key: (order.index(key[0]), key[1]))
        )
