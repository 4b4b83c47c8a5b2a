"""The ways as text, Markdown and JSON."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Final

from infra.policy.reach import INTERNET, OTHER_ACCOUNTS, Way

WIDTH: Final = 80
TITLE: Final = "| From | To | By | Needs |"


def breaches(ways: Iterable[Way]) -> tuple[Way, ...]:
    """Ways of strangers that ask for nothing, and all that lead to or come from other accounts."""
    return tuple(
        way for way in ways if OTHER_ACCOUNTS in (way.source, way.target) or (way.source == INTERNET and not way.asks)
    )


def as_text(stack: str, ways: Sequence[Way]) -> str:
    """For people, by who starts: 80 columns."""
    return "\n".join(_lines(stack, ways))


def as_markdown(ways: Iterable[Way]) -> str:
    """A table."""
    rows = (f"| {way.source} | {_cell(way.target)} | {_cell(way.how)} | {_cell(way.needs)} |" for way in ways)
    return "\n".join((TITLE, "|---|---|---|---|", *rows))


def as_json(stack: str, ways: Sequence[Way]) -> str:
    """For scripts."""
    found = breaches(ways)
    rows = [{**asdict(way), "breach": way in found} for way in ways]
    return json.dumps({"stack": stack, "ways": rows}, indent=2)


def _cell(text: str) -> str:
    return text.replace("*", r"\*").replace("|", r"\|")


def _lines(stack: str, ways: Sequence[Way]) -> Iterator[str]:
    found = breaches(ways)
    yield f"stack {stack}: {len(ways)} ways, {len(found) or 'none'} open to strangers or other accounts"
    for source, group in groupby(ways, key=lambda way: way.source):
        yield ""
        yield source
        for way in group:
            mark = "! " if way in found else "  "
            needs = "" if way.needs == "-" else f"; needs {way.needs}"
            yield from textwrap.wrap(
                f"{way.target}: {way.how}{needs}",
                WIDTH,
                initial_indent=mark,
                subsequent_indent="      ",
                break_on_hyphens=False,
            )
