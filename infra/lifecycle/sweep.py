"""Proof that nothing billable is left of a stack: every search there is, and what each find costs a month."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from textwrap import wrap
from typing import Any, Final

from infra.costs.reports.words import money
from infra.lifecycle import leftovers_data, leftovers_ec2, leftovers_tagged
from infra.lifecycle.aws import Account
from infra.lifecycle.errors import AccountError
from infra.lifecycle.leftovers import Leftover, Marks, monthly

Search = Callable[[Account, Marks], Iterator[Leftover]]
SEARCHES: Final[tuple[Search, ...]] = (
    *leftovers_ec2.SEARCHES,
    *leftovers_data.SEARCHES,
    leftovers_tagged.find,
)
COLUMNS: Final = 80
KIND: Final = 18
NUMBER: Final = 10


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What was found, what each costs a month (None: no price), and where it was not possible to look.

    `kept` was left on purpose, and is no reason for alarm.
    """

    found: tuple[Leftover, ...]
    kept: tuple[Leftover, ...]
    costs: Mapping[str, Fraction | None]
    unseen: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left but what AWS itself is deleting, and every search could be made."""
        return not self.unseen and all(leftover.going for leftover in self.found)

    def total(self, rows: Iterable[Leftover]) -> Fraction:
        """USD a month of those that have a price."""
        return sum((self.costs[row.id] or Fraction(0) for row in rows), Fraction(0))


def sweep(account: Account, marks: Marks, kept: frozenset[str] = frozenset()) -> Swept:
    """Look for everything of a stack; those whose id is in `kept` were left on purpose."""
    found: dict[str, Leftover] = {}
    unseen = []
    for search in SEARCHES:
        try:
            for leftover in search(account, marks):
                found.setdefault(leftover.id, leftover)
        except AccountError as error:
            unseen.append(str(error))
    rows = tuple(found.values())
    return Swept(
        found=tuple(row for row in rows if row.id not in kept),
        kept=tuple(row for row in rows if row.id in kept),
        costs=monthly(rows, account.region),
        unseen=tuple(dict.fromkeys(unseen)),
    )


def document(swept: Swept) -> dict[str, Any]:
    """The same for JSON; a cost is a text, None where there is no price."""

    def rows(leftovers: Iterable[Leftover]) -> list[dict[str, Any]]:
        found = []
        for row in leftovers:
            cost = swept.costs[row.id]
            amount = None if cost is None else money(cost).replace(",", "")
            found.append({"kind": row.kind, "id": row.id, "usd_a_month": amount, "going": bool(row.going)})
        return found

    unseen = list(swept.unseen)
    return {"clean": swept.is_clean, "found": rows(swept.found), "kept": rows(swept.kept), "unseen": unseen}


def as_text(swept: Swept, marks: Marks) -> str:
    """One line a find, at most 80 columns, the dearest first."""
    return "\n".join(_lines(swept, marks)) + "\n"


def _lines(swept: Swept, marks: Marks) -> Iterator[str]:
    name = f"{marks.project}/{marks.stack}"
    left = [row for row in swept.found if not row.going]
    if left:
        yield from _table(f"Left of {name}, USD a month", swept, left)
    elif not swept.unseen:
        yield f"Nothing {'else ' if swept.kept else 'billable '}is left of {name}."
    if swept.kept:
        yield from _table(f"Kept of {name} on purpose, USD a month", swept, swept.kept)
    for row in swept.found:
        if row.going:
            yield from wrap(f"Not billed, on its way out: {row.kind} {row.id}, {row.note}", COLUMNS)
    for reason in swept.unseen:
        yield from wrap(f"Could not look: {reason}", COLUMNS, subsequent_indent="  ")


def _table(title: str, swept: Swept, rows: Iterable[Leftover]) -> Iterator[str]:
    shown = sorted(rows, key=lambda r: (-(swept.costs[r.id] or 0), r.kind, r.id))
    yield title
    for row in shown:
        yield _row(row, swept.costs[row.id])
    yield f"{'Total':<{COLUMNS - NUMBER}}{money(swept.total(shown)):>{NUMBER}}"


def _row(row: Leftover, cost: Fraction | None) -> str:
    shown = "no price" if cost is None else money(cost)
    room = COLUMNS - KIND - NUMBER - 3
    name = _short(row.id, room)
    about = f"{row.note}; {row.why}" if row.note else row.why
    text = f"{name} ({about})" if len(name) + len(about) + 3 <= room else name
    return f"  {row.kind:<{KIND}}{text:<{room + 1}}{shown:>{NUMBER}}"


def _short(name: str, room: int) -> str:
    """An ARN's last part, which is what tells it from others; any name cut to the room there is."""
    own = name.split(":", 5)[-1] if name.startswith("arn:") else name
    return own if len(own) <= room else f"..{own[2 - room :]}"
