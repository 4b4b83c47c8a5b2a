"""Suggestions for a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """`, did you mean ...?` for the nearest known name, empty when none is near: to end a reason with."""
    found = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f", did you mean {found[0]!r}?" if found else ""
