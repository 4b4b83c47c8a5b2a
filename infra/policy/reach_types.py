"""One way from somebody to something, and the set of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

INTERNET: Final = "internet"
OTHER_ACCOUNTS: Final = "other accounts"
ADMINISTRATORS: Final = "administrators of the account"
NOTHING: Final = "nothing"
# Of what is inside already: nothing is asked beyond being its source.
NO_MORE: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Way:
    """`source` reaches `target` by `how` (a port, an address, actions); `needs` is the credential or the bound.

    `asks` says whether a credential is asked that a stranger has not.
    """

    source: str
    target: str
    how: str
    needs: str
    asks: bool


def beyond(ways: Iterable[Way], source: str, *, asked: bool) -> frozenset[str]:
    """All that is reached from a source, step by step; without `asked`, only where no credential is asked."""
    onward: dict[str, set[str]] = {}
    for way in ways:
        if asked or not way.asks:
            onward.setdefault(way.source, set()).add(way.target)
    found: set[str] = set()
    waiting: Collection[str] = {source}
    while waiting:
        waiting = {target for place in waiting for target in onward.get(place, ())} - found
        found |= waiting
    return frozenset(found)
