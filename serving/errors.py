"""What goes wrong while a model is packed, served or called: one line with the thing, the reason and what to do."""

from typing import Final

LONGEST: Final = 1_000


def one_line(text: str) -> str:
    """Text as a message may show it: printable, in one line, of a bearable length; what is empty is shown as such.

    Messages quote what was read, and a terminal obeys the control characters in it.
    """
    line = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    if not line.strip():
        return repr(line)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


class ServingError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 7

    def __init__(self, thing: str, reason: str, action: str) -> None:
        self.thing, self.reason, self.action = map(one_line, (thing, reason, action))
        super().__init__(f"{self.thing}: {self.reason}; {self.action}")


class InputError(ServingError):
    """A file, a name or a setting that cannot be used."""

    exit_code = 3


class IntegrityError(ServingError):
    """A file whose SHA-256 is not the one that was promised."""

    exit_code = 3


def refuse_newer(shown: str, found: object, known: int) -> None:
    """Raise InputError for a file of ours whose `format` is above what this version knows; those before have none."""
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise InputError(shown, f"format {found!r} is none", "mend it, or restore it from where it was kept")
    if found > known:
        raise InputError(shown, f"is of format {found}, and this breakeven knows {known} at most", "update breakeven")
