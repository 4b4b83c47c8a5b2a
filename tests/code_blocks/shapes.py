"""The keys of a document beside those that its page lists."""

import re
from collections.abc import Iterator
from typing import Any

from infra.record import declared
from tests.code_blocks.blocks import Block

WORD = re.compile(r"[a-z][A-Za-z0-9_]*")
NAMES = re.compile(r"\w+(\[\])?(, \w+(\[\])?)*")


def of(value: Any) -> Any:
    """A document without its values: keys and kinds."""
    if isinstance(value, dict):
        return {key: of(one) for key, one in value.items()}
    return [of(one) for one in value[:1]] if isinstance(value, list) else type(value).__name__


def parts(block: Block) -> list[str]:
    """The text of each command that the mark names; where there are several, each begins with its verb."""
    asked = block.marks["keys of"].split("; ")
    if len(asked) == 1:
        return [block.text]
    pieces = [piece.partition("\n") for piece in block.text.split("\n\n")]
    assert [verb for verb, _, _ in pieces] == [one.split()[0] for one in asked], block.where
    return [rest for _, _, rest in pieces]


def undocumented(text: str, page: str, made: dict[str, Any]) -> set[str]:
    """Keys at any depth that neither the text nor a name in the page's tables is; keys that are data do not count."""
    words = set(WORD.findall(text)) | set(re.findall(r"`(\w+)`", page))
    words |= {key.partition(":")[2] for key in declared()[1]}  # of a stack's file, in which they are described
    return {key for key in _keys(made) if WORD.fullmatch(key)} - words


def outdated(text: str, made: dict[str, Any]) -> set[str]:
    """Keys at the top that the text has and the document lacks, but for those that it says come only sometimes."""
    rows = re.split(r"\n(?! )", text.strip())
    found = ((NAMES.match(row), row) for row in rows)
    named = {name.removesuffix("[]"): row for names, row in found if names for name in names[0].split(", ")}
    return {name for name, row in named.items() if name not in made and "only" not in row}


def _keys(value: Any) -> Iterator[str]:
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(one)
    if isinstance(value, dict) and not _is_by_name(value):
        yield from value


def _is_by_name(value: dict[str, Any]) -> bool:
    """Whether keys are data: names of APIs, settings or parts, whose values are all of one kind of document."""
    return len(value) > 1 and len({str(of(one)) for one in value.values()}) == 1 and not value.keys() & {"low", "high"}
