"""Suggestions for a name that is not known: the one place that decides what is near."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

NEAR: Final = 0.5


def nearest(name: str, known: Iterable[str]) -> str:
    """`, did you mean ...?` for the nearest known name, empty when none is near: to end a reason with."""
    found = _close(name, known, 1)
    return f", did you mean {found[0]!r}?" if found else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`did you mean ... or ...?`, or all the known names when none is near: an action of its own."""
    names = sorted(known)
    found = _close(name, names, 3)
    return f"did you mean {' or '.join(found)}?" if found else f"known: {', '.join(names)}"


def _close(name: str, known: Iterable[str], most: int) -> list[str]:
    """The nearest first; capitals make no difference, and swapped letters are the likeliest of equal slips."""
    wanted = name.casefold()
    matcher, letters = SequenceMatcher(b=wanted), sorted(wanted)
    found = []
    for one in sorted(set(known)):
        spelled = one.casefold()
        matcher.set_seq1(spelled)
        # The two cheap bounds first, as difflib.get_close_matches does.
        if matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR:
            found.append((-matcher.ratio(), sorted(spelled) != letters, one))
    return [one for *_, one in sorted(found)[:most]]
